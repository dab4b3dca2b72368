-- What the server sees, in its log: which mechanism somebody logs in by, and every stanza.
-- Nothing is changed on the way, but for the one option below.

local filters = require "util.filters";
local limit = 4000;

local function tell(session, way, stanza)
	if type(stanza) == "table" and stanza.attr then
		local text = tostring(stanza):gsub("[\r\n]", " "):sub(1, limit);
		module:log("info", "%s %s %s", way, session.full_jid or session.username or session.host or "-", text);
	end
	return stanza;
end

module:hook("stanza/urn:ietf:params:xml:ns:xmpp-sasl:auth", function (event)
	module:log("info", "auth-attempt %s %s", event.origin.host or module.host, event.stanza.attr.mechanism);
end, 1000);

module:hook("authentication-success", function (event)
	local session = event.session;
	module:log("info", "auth-success %s@%s %s", session.username, session.host,
		session.sasl_handler and session.sasl_handler.selected);
	filters.add_filter(session, "stanzas/in", function (stanza) return tell(session, "said-by", stanza); end);
	filters.add_filter(session, "stanzas/out", function (stanza) return tell(session, "told-to", stanza); end);
end, 1000);

-- A server that cannot bind channels at all: one that merely does not list its -PLUS mechanisms
-- takes a client that could bind for the victim of a downgrade (RFC 5802 §6), and rightly so.
if module:get_option_boolean("ward_no_channel_binding", false) then
	module:hook("stream-features", function (event)
		local handler = event.origin.sasl_handler;
		if handler then handler.profile.cb = nil; end
	end, -1);
end
