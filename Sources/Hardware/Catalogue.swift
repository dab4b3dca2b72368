/// The channels that were found, at most `FieldSet.capacity`, each under a name of its own.
///
/// A name is the channel's label, letter for letter, or for lack of one what
/// the driver calls it. Where that is taken already, the channel is told apart by
/// what stays the same over restarts: its quantity if it is on the same device
/// (`VCC current`), else its device's place in the machine (`Core 0 (coretemp.1)`),
/// else a fingerprint of both (`Core 0 #8f3a01c2`). A name that is longer than 64
/// bytes is shortened and carries the fingerprint.
public struct Catalogue: ~Copyable {
    private let inPlace = InPlace()
    private var channels = InlineArray<128, Channel>(
        repeating: Channel(
            quantity: .temperature, parts: 0, maximum: 0, driver: 0, start: 0, nameLength: 0, stemLength: 0, device: 0))
    public private(set) var count = 0
    /// Names and stems, 12 KiB for all of them: 96 bytes for each of 128 channels.
    private var texts = InlineArray<12288, UInt8>(repeating: 0)
    private var used = 0
    /// Which driver declares now; `Both` sees to it.
    var driver: UInt8 = 0
    /// Channels that were found and are not in the catalogue: it was full, a path
    /// too long, a file too slow, a quantity unknown.
    public private(set) var skipped = 0

    public init() {}

    /// Only for an index below `count`.
    public subscript(index: Int) -> Channel { channels[index] }

    /// Unique in the catalogue and the same after every restart. Only for an index below `count`.
    @_lifetime(borrow self)
    @inline(__always)  // see Text.bytes
    public func name(_ index: Int) -> Span<UInt8> {
        let start = Int(channels[index].start)
        return texts.span.extracting(start..<(start &+ Int(channels[index].nameLength)))
    }

    /// What the paths of its files begin with. Only for an index below `count`.
    @_lifetime(borrow self)
    @inline(__always)
    public func stem(_ index: Int) -> Span<UInt8> {
        let start = Int(channels[index].start) &+ Int(channels[index].nameLength)
        return texts.span.extracting(start..<(start &+ Int(channels[index].stemLength)))
    }

    /// Without its output, which the driver knows. Only for an index below `count`.
    public func field(_ index: Int) -> Field {
        var field = Field()
        field.name.append(name(index))
        field.unit.append(channels[index].quantity.unit)
        return field
    }

    /// Counts a channel that its driver could not declare.
    public mutating func skip() { skipped &+= 1 }

    /// Adds a channel, or counts it as skipped. Leaves the candidate under the name that it got.
    @inline(never)
    public mutating func declare(
        _ quantity: Quantity, parts: UInt8 = 0, maximum: Int32 = 0, _ candidate: inout Candidate
    ) {
        guard candidate.isWhole, count < FieldSet.capacity, settle(&candidate, quantity),
            candidate.name.count &+ candidate.stem.count <= texts.count &- used else { return skip() }
        channels[count] = Channel(
            quantity: quantity, parts: parts, maximum: maximum, driver: driver, start: UInt16(truncatingIfNeeded: used),
            nameLength: UInt8(truncatingIfNeeded: candidate.name.count),
            stemLength: UInt8(truncatingIfNeeded: candidate.stem.count), device: candidate.device.fingerprint.value)
        count &+= 1
        put(candidate.name.bytes)
        put(candidate.stem.bytes)
    }

    private mutating func put(_ text: Span<UInt8>) {
        for i in text.indices { texts[used &+ i] = text[i] }
        used &+= text.count
    }

    private func holder(of name: Span<UInt8>) -> Int? {
        for i in 0..<count where self.name(i).equals(name) { return i }
        return nil
    }

    /// Makes the candidate's name unique; false where that cannot be.
    private func settle(_ candidate: inout Candidate, _ quantity: Quantity) -> Bool {
        let length = candidate.name.count
        var print = candidate.device.fingerprint
        if length <= 64 {
            guard let holder = holder(of: candidate.name.bytes) else { return true }
            let isElsewhere = channels[holder].device != print.value
            if isElsewhere {
                if extend(&candidate, length, nil, placed: true) { return true }
            } else if candidate.isLabelled && extend(&candidate, length, quantity, placed: false) {
                return true
            }
            if candidate.isLabelled && extend(&candidate, length, quantity, placed: true) { return true }
        }
        // Room for ` #` and eight digits, cut between characters.
        var room = min(length, 54)
        while room > 0 && room < length && candidate.name.bytes[room] & 0xC0 == 0x80 { room &-= 1 }
        candidate.name.truncate(to: room)
        candidate.name.append(0x20)
        candidate.name.append(0x23)
        print.add(UInt8(ascii: "/"))
        print.add(candidate.stem.bytes.afterLastSlash)
        var rest = print.value
        for _ in 0..<8 {
            let digit = UInt8(truncatingIfNeeded: rest >> 28)
            candidate.name.append(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
            rest = rest &<< 4
        }
        return holder(of: candidate.name.bytes) == nil
    }

    /// Tries `name quantity`, `name (place)` or `name quantity (place)`: whether that fits and is free.
    private func extend(_ candidate: inout Candidate, _ length: Int, _ quantity: Quantity?, placed: Bool) -> Bool {
        candidate.name.truncate(to: length)
        if let quantity { candidate.add(word: quantity.word) }
        if placed {
            candidate.name.append(0x20)
            candidate.name.append(0x28)
            candidate.name.append(candidate.device.place)
            candidate.name.append(0x29)
        }
        return candidate.name.count <= 64 && holder(of: candidate.name.bytes) == nil
    }
}
