import Access
import Fixed
import Readout
import XML
import XMPP

// Messages in words: how they begin and end, and how addresses, fields and petitions
// are said in them. Literals are XML already; everything else is escaped.

extension ByteSink where Self: ~Copyable {
    /// An address as it is compared, letter for letter: whatever is not ASCII is spelt out,
    /// so that one that only looks like another does not.
    @inline(never)
    mutating func put(address bytes: Span<UInt8>) {
        var i = 0
        while i < bytes.count {
            let lead = bytes[i]
            guard lead >= 0xC0 else {
                put(escaped: bytes.extracting(i..<(i &+ 1)))
                i &+= 1
                continue
            }
            var scalar = UInt32(lead & (lead < 0xE0 ? 0x1F : lead < 0xF0 ? 0x0F : 0x07))
            i &+= 1
            while i < bytes.count, bytes[i] & 0xC0 == 0x80 {
                scalar = scalar << 6 | UInt32(bytes[i] & 0x3F)
                i &+= 1
            }
            put("\\u{")
            put(hexadecimal: scalar)
            put("}")
        }
    }

    private mutating func put(hexadecimal number: UInt32) {
        let digits: StaticString = "0123456789abcdef"
        let table = digits.bytes
        var shift: UInt32 = 20
        while shift > 0 && number >> shift == 0 { shift &-= 4 }
        while true {
            put(table[Int(number >> shift & 15)])
            if shift == 0 { return }
            shift &-= 4
        }
    }
}

extension Core {
    /// `<message type='chat' to='…'><body>`.
    @inline(never)
    mutating func beginWords(to jid: JID) {
        out.begin()
        out.put("<message type='chat'")
        out.put(attribute: "to", jid)
        out.put("><body>")
    }

    /// False, and nothing is said, where there was no room, or where too much was said already.
    @inline(never)
    @discardableResult
    mutating func endWords() -> Bool {
        if isHushed {
            out.begin()
            return false
        }
        out.put("</body></message>")
        return out.commit()
    }

    /// A whole message.
    @inline(never)
    mutating func say(_ words: StaticString, to jid: JID) {
        beginWords(to: jid)
        out.put(words)
        endWords()
    }

    /// What is open at a place below `openCount`, within a transaction; with how it is
    /// answered where it is asked in words. It counts as shown.
    @inline(never)
    mutating func putPetition(_ index: Int, asking: Bool) {
        let number = petitionNumber(index)
        if index < friendship.count {
            let stranger = friendship.address(index)
            out.put(address: stranger.bytes)
            out.put(" would like to be my friend")
        } else {
            let petition = petitions[index &- friendship.count]
            if let contact = contact(sealed: petition.seal) { put(contact) }
            out.put(" would like to ")
            putDeed(petition)
        }
        guard asking else { return }
        out.put(". Answer: yes ")
        out.put(decimal: Int64(number))
        out.put(", or no ")
        out.put(decimal: Int64(number))
    }

    /// The address of the contact at a place in the roster.
    @inline(never)
    mutating func put(_ contact: Int) {
        let address = roster[contact].address
        out.put(address: address.bytes)
    }

    /// "read Temperature, Humidity"
    mutating func putDeed(_ petition: Petition) {
        out.put(petition.writes ? "set " : "read ")
        if petition.isForAll {
            out.put(hasNamedRules(petition) ? "everything you have not decided yet" : "everything")
        } else {
            putNames(petition.fields)
        }
    }

    private func hasNamedRules(_ petition: Petition) -> Bool {
        for i in access.ruleIndices {
            let rule = access.rule(i)
            if rule.seal == petition.seal && rule.operations & petition.operations != 0 && !rule.name.isEmpty { return true }
        }
        return false
    }

    /// The names of fields, each once; of a long list the beginning, and how many more there are.
    @inline(never)
    mutating func putNames(_ fields: FieldSet) {
        let room = out.room
        var left = 0
        for i in 0..<catalogue.count where fields.contains(i) && isFirstOfName(i, of: fields) {
            // A petition has so few that all of them are said.
            if room &- out.room > 3_000 && fields.count > Petitions.fieldsInOne {
                left &+= 1
                continue
            }
            if out.room < room { out.put(", ") }
            out.put(escaped: catalogue[i].name.bytes)
        }
        guard left > 0 else { return }
        out.put(", and ")
        out.put(decimal: left)
        out.put(" more")
    }
}
