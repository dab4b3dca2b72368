import Access
import Fixed
import Readout
import Support
import Testing
import XMPP

@Suite("A request is read to the letter, or refused")
struct RequestTests {
    private let names = ["Temperature", "Humidity", "temp1 <b>"]

    @Test("Without names it is for all there is, without types for what there is now")
    func plain() throws {
        let catalogue = catalogue(names)
        let plain = try request("seqnr='7'", "", catalogue)
        #expect(plain.sequence == 7 && plain.types == .momentary && places(plain.fields) == [0, 1, 2])
        #expect(!plain.namesFields && !plain.namesNothingKnown)
        #expect(places(plain.answerable) == [0, 1, 2])
    }

    @Test("Types are a union; only momentary ones are to be had here", arguments: [
        ("momentary='true'", 0x0001), ("momentary='1'", 0x0001), ("momentary=' true '", 0x0001), ("momentary='false'", 0x0001),
        ("peak='true'", 0x0002), ("momentary='true' peak='1' identity='true'", 0x0013), ("all='true'", 0x3FFF), ("all='0'", 0x0001),
        ("historical='true'", 0x3FE0), ("historicalSecond='true'", 0x0020), ("historicalOther='1'", 0x2000),
        ("historical='true' momentary='true'", 0x3FE1), ("status='true' computed='true'", 0x000C),
    ])
    func types(attributes: String, bits: Int) throws {
        let catalogue = catalogue(names)
        let asked = try request("seqnr='1' \(attributes)", "", catalogue)
        #expect(asked.types.bits == UInt16(bits))
        #expect(asked.answerable.isEmpty == (bits & 1 == 0))
    }

    @Test("A number that does not parse is no number", arguments: [
        "", "seqnr=''", "seqnr='x'", "seqnr='1.0'", "seqnr='2147483648'", "seqnr='-2147483649'", "seqnr='99999999999999999999'",
        "seqnr='1 2'", "seqnr='--1'", "seqnr='-'", "seqnr='+'", "seqnr='0x1'", "seqnr='1e1'",
        "seqnr='1' momentary='yes'", "seqnr='1' momentary=''", "seqnr='1' all='TRUE'", "seqnr='1' historical='2'",
    ])
    func malformed(attributes: String) throws {
        let catalogue = catalogue(names)
        #expect(throws: ReadoutRequest.Fault.malformed) { _ = try request(attributes, "", catalogue) }
    }

    @Test("A number is an xs:int", arguments: [("0", 0), (" 5\n", 5), ("-2147483648", .min), ("2147483647", .max), ("+3", 3), ("007", 7)]
        as [(String, Int32)])
    func sequence(text: String, number: Int32) throws {
        let catalogue = catalogue(names)
        #expect(try request("seqnr='\(text)'", "", catalogue).sequence == number)
    }

    @Test("What is scheduled is refused, not read now")
    func scheduled() throws {
        let catalogue = catalogue(names)
        #expect(throws: ReadoutRequest.Fault.scheduled) {
            _ = try request("seqnr='1' when='2030-01-01T00:00:00Z'", "", catalogue)
        }
    }

    @Test("Fields are matched letter for letter; a name nobody knows is no field")
    func fields() throws {
        let catalogue = catalogue(names)
        let two = try request("seqnr='1'", "<field name='Humidity'/><field name='temp1 &lt;b>'/><field name='Humidity'/>", catalogue)
        #expect(two.namesFields && places(two.fields) == [1, 2])
        let other = try request("seqnr='1'", "<field name='humidity'/><field name='Temp'/>", catalogue)
        #expect(other.fields.isEmpty && other.answerable.isEmpty && other.namesNothingKnown)
        let long = try request("seqnr='1'", "<field name='\(String(repeating: "n", count: 65))'/>", catalogue)
        #expect(long.namesNothingKnown && long.answerable.isEmpty)
        for bad in ["<field/>", "<field name=''/>", "<node/>", "<node nodeId=''/>"] {
            #expect(throws: ReadoutRequest.Fault.malformed) { _ = try request("seqnr='1'", bad, catalogue) }
        }
        let foreign = try request("seqnr='1'", "<field xmlns='other' name='x'/>", catalogue)
        #expect(!foreign.namesFields && places(foreign.fields) == [0, 1, 2])
    }

    @Test("Another node's fields are not this one's")
    func nodes() throws {
        let catalogue = catalogue(names)
        let own = try request("seqnr='1'", "<node nodeId='ward'/>", catalogue)
        #expect(own.coversNode && places(own.answerable) == [0, 1, 2])
        let other = try request("seqnr='1'", "<node nodeId='Ward'/>", catalogue)
        #expect(!other.coversNode && other.answerable.isEmpty && other.namesNothingKnown)
        let both = try request("seqnr='1'", "<node nodeId='x'/><node nodeId='ward'/>", catalogue)
        #expect(both.coversNode && places(both.answerable) == [0, 1, 2])
    }

    @Test("The parent is asked what was asked, no more and no less")
    func question() throws {
        let catalogue = catalogue(names)
        /// The question as it is put first, and, if it is, as it is put again.
        func asked(_ attributes: String, _ children: String = "") throws -> (first: String, again: String?) {
            var first = Outbox()
            var again = Outbox()
            let question = Question(id: Text("q1"), to: full("parent@x/p"), epoch: 0, now: at(0))
            let isAgain = try withStanza("<iq><req xmlns='urn:xmpp:iot:sensordata' \(attributes)>\(children)</req></iq>") { iq in
                guard let req = iq.firstChild else { throw NotAStanza() }
                let request = try ReadoutRequest(req, catalogue)
                let fits = request.ask(about: bare("c@x"), carrying: req, question, to: &first)
                #expect(fits)
                return request.askAgain(about: bare("c@x"), question, catalogue, to: &again)
            }
            return (string(first.bytes), isAgain ? string(again.bytes) : nil)
        }
        let start = "<iq type='get' id='q1' to='parent@x/p'><canRead xmlns='urn:xmpp:iot:provisioning' jid='c@x'"
        let plain = try asked("seqnr='1'")
        #expect(plain.first == start + " momentary='true'></canRead></iq>" && plain.again == plain.first)
        let known = try asked("seqnr='1'", "<node nodeId='ward'/><field name='Humidity'/>")
        #expect(known.first == start + " momentary='true'><node nodeId='ward'/><field name='Humidity'/></canRead></iq>")
        #expect(known.again == known.first)
        // What is not kept is not asked again in part.
        #expect(try asked("seqnr='1' userToken='u'").again == nil)
        let unknown = try asked("seqnr='1' peak='1'", "<node nodeId='ward'/><node nodeId='o&apos;x'/><field name='temp1 &lt;b>'/><field name='?&amp;'/>")
        #expect(unknown.again == nil)
        #expect(unknown.first
            == start + " peak='true'><node nodeId='ward'/><node nodeId=\"o'x\"/><field name='temp1 &lt;b>'/><field name='?&amp;'/></canRead></iq>")
    }

    @Test("The parent's grant: all, some, none, or no answer", arguments: [
        ("jid='c@x' result='true'", "", Array(0..<128)), ("jid='c@x' result='true'", "<field name='Humidity'/>", [1]),
        ("jid='c@x' result='true'", "<field name='Humidity'/><field name='nobody knows'/>", [1]),
        ("jid='c@x' result='true'", "<field name='nobody knows'/>", []), ("jid='c@x' result='true'", "<field/>", []),
        ("jid='c@x' result='true'", "<node nodeId='ward'/>", Array(0..<128)), ("jid='c@x' result='true'", "<node nodeId='other'/>", []),
        ("jid='c@x' result='true'", "<node nodeId='other'/><field name='Humidity'/>", []),
        ("jid='c@x' result='true'", "<node nodeId='other'/><node nodeId='ward'/><field name='Humidity'/>", [1]),
        ("jid='c@x' result='false'", "<field name='Humidity'/>", []), ("jid='c@x' result='false'", "", []),
        ("jid='d@x' result='true'", "", nil), ("jid='c@x' result='maybe'", "", nil), ("jid='c@x'", "", nil),
    ] as [(String, String, [Int]?)])
    func grant(attributes: String, children: String, granted: [Int]?) throws {
        let catalogue = catalogue(names)
        let iq = "<iq type='result'><canReadResponse xmlns='urn:xmpp:iot:provisioning' \(attributes)>\(children)</canReadResponse></iq>"
        let grant = try withStanza(iq) { ReadoutRequest.grant(in: $0, about: bare("c@x"), catalogue) }
        #expect(grant.map(places) == granted)
    }

    @Test("A catalogue keeps its names apart, and says when it is full")
    func catalogueNames() {
        var catalogue = Catalogue(node: Text("n"))
        var took = catalogue.declare(field("a"))
        #expect(took)
        took = catalogue.declare(field("a", "V"))
        #expect(!took)
        took = catalogue.declare(field(""))
        #expect(!took)
        for n in 1..<FieldSet.capacity { _ = catalogue.declare(field("f\(n)")) }
        took = catalogue.declare(field("late"))
        #expect(!took)
        let count = catalogue.count
        #expect(count == FieldSet.capacity && places(catalogue.all).count == count)
        #expect(catalogue.index(of: "f127".utf8Bytes.span) == 127 && catalogue.index(of: "F1".utf8Bytes.span) == nil)
    }
}
