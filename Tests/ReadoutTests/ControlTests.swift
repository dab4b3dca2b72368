import Access
import Fixed
import Readout
import Support
import Testing
import XML

/// What is read of a set, and what an output makes of a value (XEP-0325).
@Suite("Control") struct ControlTests {
    private static let lamp = Output(.int, 0...255)
    private static let fan = Output(.double, -500...10_000, scale: 2)
    private static let wide = Output(.long, (Int64.min)...(Int64.max))

    private func steps(_ text: String, _ output: Output, _ notation: Output.Notation = .plain) -> Int64? {
        output.steps(text.utf8Bytes.span, as: notation)
    }

    @Test("a value becomes so many of the output's units exactly, or nothing", arguments: [
        ("0", 0), ("255", 255), ("+7", 7), ("-0", 0), (" 12\n", 12), ("256", nil), ("-1", nil), ("", nil), ("-", nil), (".", nil), ("1.", nil),
        ("1.0", nil), ("0x1", nil), ("1e1", nil), ("١", nil), ("12 13", nil), ("999999999999999999999999", nil),
    ] as [(String, Int64?)])
    func int(_ text: String, _ expected: Int64?) {
        #expect(steps(text, Self.lamp) == expected)
        #expect(steps(text, Self.lamp, .int) == expected)
        #expect(steps(text, Self.lamp, .long) == expected)
        for other in [Output.Notation.boolean, .double, .other] { #expect(steps(text, Self.lamp, other) == nil) }
    }

    @Test("a double is read without rounding, however it is written", arguments: [
        ("0", 0), ("100", 10_000), ("100.00", 10_000), ("100.0000000", 10_000), ("-5", -500), ("0.01", 1), ("1e2", 10_000), ("1E-2", 1), (".5", 50),
        ("2.5e+1", 2_500), ("0e999", nil), ("0e400", 0), ("0.000e-400", 0), ("1e400", nil), ("1e-400", nil), ("0.001", nil), ("0.011", nil), ("100.01", nil),
        ("-5.01", nil), ("1e", nil), ("e1", nil), ("1e1.0", nil), ("1e1e1", nil), ("NaN", nil), ("INF", nil), ("-INF", nil), ("1,5", nil), ("999999999999999999e400", nil),
        ("0.00000000000000001e15", 1), ("0.000000000000000001e16", nil), ("9223372036854775807", nil),
    ] as [(String, Int64?)])
    func double(_ text: String, _ expected: Int64?) {
        #expect(steps(text, Self.fan) == expected, "\(text)")
        #expect(steps(text, Self.fan, .double) == expected, "\(text)")
    }

    @Test("an int on the wire is 32 bits wide, a long is not")
    func widths() {
        #expect(steps("2147483648", Self.wide, .int) == nil)
        #expect(steps("-2147483649", Self.wide, .int) == nil)
        #expect(steps("2147483648", Self.wide, .long) == 2_147_483_648)
        #expect(steps("999999999999999999", Self.wide, .long) == 999_999_999_999_999_999)
    }

    @Test("what is set is what is read: units become the same value again")
    func there() {
        for units in [Int64(-500), 0, 1, 9_999, 10_000] { #expect(Self.fan.steps(Self.fan.value(units)) == units) }
        for units in [Int64(0), 255] { #expect(Self.lamp.steps(Self.lamp.value(units)) == units) }
        #expect(Self.fan.steps(Value.numeric(Decimal(12_345, scale: 3))) == nil)
        #expect(Self.lamp.steps(Value.boolean(true)) == nil)
        #expect(Output(.boolean, 0...1).steps(Value.boolean(true)) == 1)
        #expect(Output(.boolean, 0...1).steps(Value.int(1)) == nil)
    }

    // MARK: Requests

    private func withRequest(_ inside: String, _ body: (ControlRequest) throws -> Void) throws {
        var things = catalogue(["Temperature"])
        for (name, output) in [("Lamp", Self.lamp), ("Fan", Self.fan)] {
            var one = field(name)
            one.output = output
            _ = things.declare(one)
        }
        let node = things.addNode(Text("lamp@far.example"))
        var remote = field("Lamp")
        remote.node = UInt8(node ?? 0)
        _ = things.declare(remote)
        try withStanza("<iq><set xmlns='urn:xmpp:iot:control' \(inside)</set></iq>") { iq in
            guard let set = iq.firstChild else { throw NotAStanza() }
            try body(try ControlRequest(set, things))
        }
    }

    @Test("the door is asked for the fields of the parameters that exist, and told that there is more where one does not")
    func inquiry() throws {
        try withRequest("><int name='Lamp' value='1'/><double name='Fan' value='x'/>") { request in
            #expect(request.inquiry.operation == .write)
            #expect(places(request.inquiry.fields) == [1, 2])
            #expect(request.inquiry.namesFields && !request.inquiry.hasMore && !request.namesUnknown)
            #expect(request.settings[0].fault == .none && request.settings[1].fault == .unfit)
        }
        try withRequest("><int name='Lamp' value='1'/><int name='Temperature' value='1'/>") { request in
            #expect(places(request.inquiry.fields) == [1])
            #expect(request.inquiry.hasMore && request.namesUnknown)
        }
        try withRequest("userToken='t'><int name='Lamp' value='1'/>") { request in
            #expect(request.inquiry.hasMore && !request.namesUnknown)
        }
    }

    @Test("a friend's field of the same name is not this Thing's to set")
    func mirrored() throws {
        try withRequest("><node nodeId='lamp@far.example'/><int name='Lamp' value='1'/>") { request in
            #expect(request.settings.count == 0 && request.namesUnknown)
        }
        try withRequest("><int name='Lamp' value='1'/><node nodeId='ward'/>") { request in
            #expect(places(request.settings.fields) == [1] && !request.namesUnknown)
        }
    }

    // MARK: The order to the platform

    @Test("a request for an output cannot be made by a permit for another, or for reading; without one it does not compile")
    func permit() throws {
        let bob = bare("bob@far.example")
        let friends = try roster([("bob@far.example", "both")])
        var access = AccessTable()
        func grant(_ operation: Access.Operation) throws -> Permit {
            let inquiry = Inquiry(operation, fields: set([1]))
            let verdict = access.settle(inquiry, granted: set([1]), to: bob, asked: access.epoch, under: friends.seal(of: bob) ?? 0, roster: friends)
            guard case .allowed(let permit, _) = verdict else { throw NotAStanza() }
            return permit
        }
        let write = try grant(.write)
        #expect(WriteRequest(1, .int(1), by: write) != nil)
        #expect(WriteRequest(2, .int(1), by: write) == nil)
        #expect(WriteRequest(1, .int(1), by: try grant(.read)) == nil)
        #expect(WriteRequest(1, .int(1), by: try grant(.subscribe)) == nil)
    }
}
