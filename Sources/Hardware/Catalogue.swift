/// The channels that were found, at most `FieldSet.capacity`, each under a name of its own.
///
/// A name is the channel's label, letter for letter, or for lack of one what
/// the driver calls it. Where that is taken already, the channel is told apart by
/// what stays the same over restarts: its quantity if it is on the same device
/// (`VCC current`), else its device's place in the machine (`Core 0 (coretemp.1)`),
/// else a fingerprint of both (`Core 0 #8f3a01c2`). A name that is longer than 64
/// bytes is shortened and carries the fingerprint.
public struct Catalogue: ~Copyable {
    private var channels = List<128, Channel>(filler: Channel())
    /// Which driver declares now; `Both` sees to it.
    var driver: UInt8 = 0
    /// Channels that were found and are not in the catalogue: it was full, a path
    /// too long, a file too slow, a quantity unknown.
    public private(set) var skipped = 0

    public init() {}

    public var count: Int { channels.count }

    /// Only for an index below `count`.
    public subscript(index: Int) -> Channel { channels[index] }

    /// Counts a channel that its driver could not declare.
    public mutating func skip() { skipped &+= 1 }

    /// Adds a channel, or counts it as skipped.
    ///
    /// `label` is what the kernel calls it (white space around it does not count; one
    /// that is empty, unreadable or not printable is none), `name` what it is
    /// called without a label.
    public mutating func declare(
        _ quantity: Quantity, label: FileAnswer? = nil, name: Text<200>,
        stem: Span<UInt8>, parts: UInt8 = 0, of device: Device
    ) {
        if case .failed(.tooSlow)? = label { return skip() }
        guard let stem = Text<112>(stem), !channels.isFull else { return skip() }
        var base = name
        var isLabelled = false
        if case .content(let text)? = label, text.bytes.trimmed.isPrintable {
            base = Text()
            isLabelled = base.append(text.bytes.trimmed)
        }
        var print = device.fingerprint
        let deviceprint = print.value
        if let slash = stem.bytes.lastIndex(of: 0x2F) { print.add(stem.bytes.extracting(slash..<stem.count)) }
        guard let unique = unique(base, isLabelled, quantity, device, deviceprint, print.value) else { return skip() }
        channels.append(
            Channel(
                name: unique, quantity: quantity, stem: stem, parts: parts, driver: driver, device: deviceprint))
    }

    private func holder(of name: Text<64>) -> Int? {
        for i in channels.indices where channels[i].name.bytes.equals(name.bytes) { return i }
        return nil
    }

    private func unique(
        _ base: Text<200>, _ isLabelled: Bool, _ quantity: Quantity, _ device: Device,
        _ deviceprint: UInt32, _ print: UInt32
    ) -> Text<64>? {
        if let plain = Text<64>(base.bytes) {
            guard let holder = holder(of: plain) else { return plain }
            let sameDevice = channels[holder].device == deviceprint
            var worded = plain
            let fits = isLabelled && worded.append(0x20) && worded.append(quantity.word)
            if sameDevice && fits && self.holder(of: worded) == nil { return worded }
            if !sameDevice, let placed = placed(plain, device) { return placed }
            if fits, let placed = placed(worded, device) { return placed }
        }
        // Room for ` #` and eight digits, cut between characters.
        var length = min(base.count, 54)
        while length > 0 && length < base.count && base.bytes[length] & 0xC0 == 0x80 { length &-= 1 }
        var cut = Text<64>()
        cut.append(base.bytes.extracting(first: length))
        cut.append(" #")
        let digits: InlineArray<4, UInt8> = [
            UInt8(truncatingIfNeeded: print >> 24), UInt8(truncatingIfNeeded: print >> 16),
            UInt8(truncatingIfNeeded: print >> 8), UInt8(truncatingIfNeeded: print),
        ]
        cut.put(hex: digits.span)
        return holder(of: cut) == nil ? cut : nil
    }

    /// `name (place)`, where that fits and is free.
    private func placed(_ name: Text<64>, _ device: Device) -> Text<64>? {
        var result = name
        guard result.append(" ("), result.append(device.place.bytes), result.append(0x29),
            holder(of: result) == nil else { return nil }
        return result
    }
}
