import Access
import Fixed
import Support
import Testing
import XMPP

@testable import Readout

@Suite("A request is read to the letter, or refused")
struct RequestTests {
    private let names = ["Temperature", "Humidity", "temp1 <b>"]

    @Test("Without names it is for all there is, without types for what there is now")
    func plain() throws {
        let catalogue = catalogue(names)
        let plain = try request("seqnr='7'", "", catalogue)
        #expect(plain.sequence == 7 && plain.types == .momentary && places(plain.inquiry.fields) == [0, 1, 2])
        #expect(!plain.inquiry.namesFields && !plain.namesNothingKnown)
    }

    @Test("Types are a union", arguments: [
        ("momentary='true'", 0x0001), ("momentary='1'", 0x0001), ("momentary=' true '", 0x0001), ("momentary='false'", 0x0001),
        ("peak='true'", 0x0002), ("momentary='true' peak='1' identity='true'", 0x0013), ("all='true'", 0x3FFF), ("all='0'", 0x0001),
        ("historical='true'", 0x3FE0), ("historicalSecond='true'", 0x0020), ("historicalOther='1'", 0x2000),
        ("historical='true' momentary='true'", 0x3FE1), ("status='true' computed='true'", 0x000C),
    ])
    func types(attributes: String, bits: Int) throws {
        let catalogue = catalogue(names)
        let asked = try request("seqnr='1' \(attributes)", "", catalogue)
        #expect(asked.types.bits == UInt16(bits))
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

    @Test("Times are read as they are written, and what is none is no request")
    func times() throws {
        let catalogue = catalogue(names)
        let plain = try request("seqnr='1'", "", catalogue)
        #expect(plain.when == nil && plain.from == .min && plain.to == .max && !plain.isRestrictedInTime)
        let all = try request(
            "seqnr='1' when='2030-01-01T00:00:00Z' from='1970-01-01T01:00:00+01:00' to='1970-01-01T00:00:07.9Z'", "", catalogue)
        #expect(all.when == DateTime(unixSeconds: 1_893_456_000) && all.from == 0 && all.to == 7)
        func includes(_ second: Int64) -> Bool { all.includes(DateTime(unixSeconds: second)) }
        #expect(!includes(-1) && includes(0) && includes(7) && !includes(8))
        let none = try request("seqnr='1' from='2026-01-02T00:00:00Z' to='2026-01-01T00:00:00Z'", "", catalogue)
        #expect(none.isRestrictedInTime && !none.includes(DateTime(unixSeconds: 1_767_268_800)))
        for name in ["when", "from", "to"] {
            for bad in ["", "now", "2026-01-01", "2026-02-30T00:00:00Z", "1767225600"] {
                #expect(throws: ReadoutRequest.Fault.malformed) { _ = try request("seqnr='1' \(name)='\(bad)'", "", catalogue) }
            }
        }
    }

    @Test("Fields are matched letter for letter; a name nobody knows is no field")
    func fields() throws {
        let catalogue = catalogue(names)
        let two = try request("seqnr='1'", "<field name='Humidity'/><field name='temp1 &lt;b>'/><field name='Humidity'/>", catalogue)
        #expect(two.inquiry.namesFields && places(two.inquiry.fields) == [1, 2])
        let other = try request("seqnr='1'", "<field name='humidity'/><field name='Temp'/>", catalogue)
        #expect(other.inquiry.fields.isEmpty && other.namesNothingKnown)
        let long = try request("seqnr='1'", "<field name='\(String(repeating: "n", count: 65))'/>", catalogue)
        #expect(long.namesNothingKnown)
        for bad in ["<field/>", "<field name=''/>", "<node/>", "<node nodeId=''/>"] {
            #expect(throws: ReadoutRequest.Fault.malformed) { _ = try request("seqnr='1'", bad, catalogue) }
        }
        let foreign = try request("seqnr='1'", "<field xmlns='other' name='x'/>", catalogue)
        #expect(!foreign.inquiry.namesFields && places(foreign.inquiry.fields) == [0, 1, 2])
    }

    @Test("Another node's fields are not this one's")
    func nodes() throws {
        let catalogue = catalogue(names)
        let own = try request("seqnr='1'", "<node nodeId='ward'/>", catalogue)
        #expect(own.inquiry.nodes == 1 && places(own.inquiry.fields) == [0, 1, 2])
        let other = try request("seqnr='1'", "<node nodeId='Ward'/>", catalogue)
        #expect(other.inquiry.nodes == 0 && other.namesNothingKnown)
        let both = try request("seqnr='1'", "<node nodeId='x'/><node nodeId='ward'/>", catalogue)
        #expect(both.inquiry.nodes == 1 && both.inquiry.hasMore && places(both.inquiry.fields) == [0, 1, 2])
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
