/// Names of XML namespaces, each once.
public enum Namespace {
    public static var client: StaticString { "jabber:client" }
    public static var stream: StaticString { "http://etherx.jabber.org/streams" }
    public static var streamErrors: StaticString { "urn:ietf:params:xml:ns:xmpp-streams" }
    public static var stanzaErrors: StaticString { "urn:ietf:params:xml:ns:xmpp-stanzas" }
    public static var tls: StaticString { "urn:ietf:params:xml:ns:xmpp-tls" }
    public static var sasl: StaticString { "urn:ietf:params:xml:ns:xmpp-sasl" }
    public static var bind: StaticString { "urn:ietf:params:xml:ns:xmpp-bind" }
    public static var roster: StaticString { "jabber:iq:roster" }
    public static var rosterVersioning: StaticString { "urn:xmpp:features:rosterver" }
    public static var ping: StaticString { "urn:xmpp:ping" }
    public static var discoInfo: StaticString { "http://jabber.org/protocol/disco#info" }
    public static var discoItems: StaticString { "http://jabber.org/protocol/disco#items" }
    public static var commands: StaticString { "http://jabber.org/protocol/commands" }
    public static var capabilities: StaticString { "http://jabber.org/protocol/caps" }
    public static var version: StaticString { "jabber:iq:version" }
    public static var dataForms: StaticString { "jabber:x:data" }
    public static var delay: StaticString { "urn:xmpp:delay" }
}
