%% What the server sees, on its console: who logs in and by which mechanism, and every stanza.
%% Nothing is changed on the way. The lines are those of mod_ward_witness.lua.

-module(mod_ward_witness).
-export([start/2, stop/1, reload/3, depends/2, mod_options/1, mod_doc/0]).
-export([said_by/1, told_to/1, logged_in/3]).

-define(LIMIT, 4000).

start(Host, _) ->
    ejabberd_hooks:add(user_send_packet, Host, ?MODULE, said_by, 1),
    ejabberd_hooks:add(user_receive_packet, Host, ?MODULE, told_to, 99),
    ejabberd_hooks:add(c2s_auth_result, Host, ?MODULE, logged_in, 1).

stop(Host) ->
    ejabberd_hooks:delete(user_send_packet, Host, ?MODULE, said_by, 1),
    ejabberd_hooks:delete(user_receive_packet, Host, ?MODULE, told_to, 99),
    ejabberd_hooks:delete(c2s_auth_result, Host, ?MODULE, logged_in, 1).

reload(_, _, _) -> ok.
depends(_, _) -> [].
mod_options(_) -> [].
mod_doc() -> #{}.

said_by({Stanza, State}) ->
    stanza("said-by", Stanza, State),
    {Stanza, State}.

told_to({Stanza, State}) ->
    stanza("told-to", Stanza, State),
    {Stanza, State}.

logged_in(#{lserver := Host} = State, true, User) ->
    Mechanism = maps:get(sasl_mech, State, <<"-">>),
    tell(Host, ["auth-success ", User, "@", Host, " ", Mechanism]),
    State;
logged_in(#{lserver := Host} = State, _, User) ->
    tell(Host, ["auth-failure ", User, "@", Host]),
    State.

stanza(Way, Stanza, #{jid := JID, lserver := Host}) ->
    Text = fxml:element_to_binary(xmpp:encode(Stanza)),
    Line = binary:replace(Text, [<<"\n">>, <<"\r">>], <<" ">>, [global]),
    tell(Host, [Way, " ", jid:encode(JID), " ", binary:part(Line, 0, min(byte_size(Line), ?LIMIT))]).

%% Whole lines, past the console's own idea of an encoding.
tell(Host, Text) ->
    io:put_chars(user, unicode:characters_to_list(iolist_to_binary([Host, ":ward_witness info ", Text, "\n"]), latin1)).
