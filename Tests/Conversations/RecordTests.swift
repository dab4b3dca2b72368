import Fixed
import Readout
import Testing
import Thing
import XMPP

/// What the Thing has learnt outlives it, whole or not at all.
@Suite("Record") struct RecordTests {
    /// A record with everything in it.
    private var full: [UInt8] {
        let c = Conversation()
        c.goOnline(item(parent) + item(bob) + item(carol, "from", more: " ask='subscribe'") + item("eve@evil.example", "to"))
        return c.record()
    }

    /// What a Thing makes of a record: whether it takes it, and what it would keep then.
    private func restored(_ record: [UInt8], _ identity: Identity = .usual) -> (Bool, [UInt8]) {
        let laboratory = Laboratory(seed: 9)
        laboratory.enter()
        var thing = Thing<TestCryptography>(identity: identity)
        for field in Field.usual { _ = thing.declare(field) }
        let taken = thing.restore(record.span)
        var sink = RecordBytes()
        thing.saveState(to: &sink)
        return (taken, sink.bytes)
    }

    @Test("kept and taken up again it is the same")
    func roundTrip() {
        let record = full
        let (taken, again) = restored(record)
        #expect(taken)
        #expect(again == record)
    }

    @Test("the password is not in it")
    func secret() {
        let record = full
        #expect(!String(decoding: record, as: UTF8.self).contains("secret"))
        #expect(record.count > 100)
    }

    @Test("cut anywhere, it is refused or is a whole record of less; never half taken")
    func truncated() {
        let record = full
        let fresh = restored([]).1
        for count in record.indices {
            let cut = Array(record[..<count])
            let (taken, kept) = restored(cut)
            if taken {
                // Cut between two fields: what is there is all taken up.
                #expect(kept.starts(with: cut.prefix(5)))
                #expect(restored(kept).1 == kept)
            } else {
                #expect(kept == fresh, "cut at \(count)")
            }
        }
    }

    @Test("with any byte changed, it is refused wholly or taken wholly")
    func flipped() {
        let record = full
        let fresh = restored([]).1
        for place in record.indices {
            for mask: UInt8 in [0x01, 0x20, 0x80, 0xFF] {
                var changed = record
                changed[place] ^= mask
                let (taken, kept) = restored(changed)
                if taken {
                    let again = restored(kept)
                    #expect(again.0)
                    #expect(again.1 == kept)
                } else {
                    #expect(kept == fresh, "byte \(place) by \(mask)")
                }
            }
        }
    }

    @Test("noise is refused", arguments: [1, 2, 3, 4, 5, 6, 7, 8])
    func noise(_ seed: UInt64) {
        var dice = Dice(seed: seed)
        let fresh = restored([]).1
        for _ in 0..<100 {
            var bytes = (0...dice.roll(300)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            if dice.roll(2) == 0 { bytes = Array("WARD\u{1}".utf8) + bytes }
            let (taken, kept) = restored(bytes)
            #expect(!taken)
            #expect(kept == fresh)
        }
    }

    @Test("another account's record is not taken up")
    func otherAccount() {
        let record = full
        #expect(!restored(record, .of("other@home.example")).0)
        #expect(!restored(record, .of("thing@other.example")).0)
        #expect(restored(record, .of("THING@home.Example")).0)
        #expect(restored(record, .of(parent: component)).0, "friends stay where the account does")
    }

    @Test("a contact named twice is gone when it is removed")
    func duplicate() {
        let record = full
        // The record's own field for bob, once more: tag, length, subscription, asked, address.
        let field = [5, 0, UInt8(bob.utf8.count + 2), 3, 0] + Array(bob.utf8)
        let c = Conversation()
        #expect(c.restore(record + field))
        c.logIn()
        c.asksForRoster(version: "v1")
        c.server.sends(raw: "<iq type='result' id='$roster'/>")
        c.said = []
        c.server.pushes(item(bob, "remove"))
        c.said = []
        c.server.asksToRead(from: desk)
        c.thing.refuses(desk, "cancel", "forbidden", "only friends may ask")
    }

    @Test("it is to be kept when something was learnt, and only then", arguments: Pace.allCases)
    func changes(_ pace: Pace) {
        let c = Conversation(pace)
        #expect(!c.stateChanged)
        c.goOnline(item(parent))
        #expect(c.stateChanged)
        _ = c.record()
        #expect(!c.stateChanged)
        c.server.sends("<iq type='get' id='1' from='\(phone)'><ping xmlns='urn:xmpp:ping'/></iq>")
        c.server.asksToRead(from: phone)
        c.server.pushes(item("eve@evil.example"), from: eve)
        c.time.passes(.minutes(1))
        #expect(!c.stateChanged)
        c.server.pushes(item(bob), version: "v2")
        #expect(c.stateChanged)
    }

    @Test("the fullest table fits the record")
    func fullest() {
        let c = Conversation()
        let long = String(repeating: "l", count: 178)
        c.logIn()
        c.asksForRoster()
        c.givesRoster(item(parent) + (0..<31).map { item("\(long)\($0)@far.example") }.joined(), version: String(repeating: "v", count: 128))
        let record = c.record()
        #expect(record.count > 6_000)
        #expect(record.count <= Thing<TestCryptography>.recordBytes)
        let (taken, kept) = restored(record)
        #expect(taken)
        #expect(kept == record)
    }
}
