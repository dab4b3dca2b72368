/// A device under a class directory such as `class/hwmon`, known by where it
/// is in the machine. The number in `hwmon3` is no part of that: it is handed out in the
/// order of discovery and may be another after the next restart.
public struct Device: ~Copyable {
    private let inPlace = InPlace()
    /// Its path, for example `class/hwmon/hwmon3`.
    public private(set) var path = Text<255>()
    /// The path of the hardware it stands for, without the class's own numbering; empty for none.
    public private(set) var identity = Text<255>()
    private var said = Text<255>()
    private var entryLength = 0
    private var placeLength = 0

    /// None yet.
    public init() {}

    /// The class directory's entry, for example `hwmon3`.
    public var entry: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)  // see Text.bytes
        borrowing get { path.bytes.extracting(last: entryLength) }
    }

    /// Where it is, for people: the last part of `identity`, for example `coretemp.1`;
    /// the entry for a device that is nowhere but in the class directory.
    var place: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)
        borrowing get { placeLength == 0 ? entry : identity.bytes.extracting(last: placeLength) }
    }

    /// What the name file says (`coretemp`), or `place` for lack of that; for a class whose devices
    /// have no name file, the entry.
    public var name: Span<UInt8> {
        @_lifetime(borrow self)
        @inline(__always)
        borrowing get { said.isEmpty ? place : said.bytes }
    }

    /// Becomes the device `entry`. False where there is no such device, or its entry is longer
    /// than 64 bytes, or its name file too slow.
    @inline(never)
    mutating func load(
        _ entry: Span<UInt8>, of directory: StaticString, named nameFile: StaticString,
        from files: inout some ValueFiles & ~Copyable
    ) -> Bool {
        path.truncate(to: 0)
        guard entry.count <= 64, path.append(directory.bytes), path.append(0x2F), path.append(entry),
            files.resolve(path.bytes, "") else { return false }
        entryLength = entry.count
        identity.truncate(to: 0)
        identity.append(files.text)
        settleIdentity(directory.bytes)
        said.truncate(to: 0)
        if nameFile.bytes.isEmpty {
            said.append(entry)
            return true
        }
        let failure = files.read(path.bytes, nameFile)
        if failure == nil, files.text.trimmed.isLabel { said.append(files.text.trimmed) }
        return failure != .tooSlow
    }

    /// Becomes what is not a device of a class: the kernel itself, under a name.
    mutating func become(_ name: Span<UInt8>) {
        path.truncate(to: 0)
        path.append(name)
        identity.truncate(to: 0)
        said.truncate(to: 0)
        entryLength = name.count
        placeLength = 0
    }

    /// Tells this device from others; without a place of its own, by its entry.
    var fingerprint: Fingerprint {
        var print = Fingerprint()
        print.add(identity.bytes)
        print.add(name)
        if identity.isEmpty { print.add(entry) }
        return print
    }

    /// True where it hangs below a battery or charger.
    public var isBelowPowerSupply: Bool { identity.bytes.contains("/power_supply/") }

    /// By place, then name, then entry (`hwmon2` before `hwmon10`).
    func isOrdered(before other: borrowing Device) -> Bool {
        var order = identity.bytes.order(other.identity.bytes)
        if order == 0 { order = name.order(other.name) }
        if order == 0 { order = entryLength &- other.entryLength }
        if order == 0 { order = entry.order(other.entry) }
        return order < 0
    }

    /// `…/coretemp.0/hwmon/hwmon3` is `…/coretemp.0`. A directory that is in the
    /// class itself, or under `devices/virtual` with nothing between, has no identity.
    private mutating func settleIdentity(_ directory: Span<UInt8>) {
        dropEntry()
        if identity.bytes.ends(with: directory) {
            identity.truncate(to: 0)
        } else if let slash = directory.lastIndex(of: 0x2F) {
            let last = directory.count &- slash
            if identity.bytes.ends(with: directory.extracting(last: last)) {
                identity.truncate(to: identity.count &- last)
            }
        }
        let virtual: StaticString = "/devices/virtual"
        if identity.bytes.ends(with: virtual.bytes) { identity.truncate(to: 0) }
        placeLength = 0
        let last = identity.bytes.afterLastSlash
        if last.isLabel { placeLength = last.count }
    }

    /// Takes the entry off the identity, where it is its last part.
    private mutating func dropEntry() {
        let last = identity.bytes.afterLastSlash.count
        guard last < identity.count, identity.bytes.afterLastSlash.equals(entry) else { return }
        identity.truncate(to: identity.count &- last &- 1)
    }
}

/// The devices of a class directory, at most 64, ordered by what they are.
public struct Devices: ~Copyable {
    private let place = InPlace()
    /// Only the entries are kept, a device's place being long; it is looked for again.
    private var entries = InlineArray<64, Text<64>>(repeating: Text())
    public private(set) var count = 0
    private let directory: StaticString
    private let nameFile: StaticString

    /// Looks for entries that begin with `prefix`. Those that cannot be taken up are counted as skipped.
    /// `nameFile` begins with a `/`, or is empty for a class that has none.
    @inline(never)
    public init(
        of directory: StaticString, startingWith prefix: StaticString = "", named nameFile: StaticString,
        from files: inout some ValueFiles & ~Copyable, skippedBy catalogue: inout Catalogue
    ) {
        self.directory = directory
        self.nameFile = nameFile
        var previous = Text<255>()
        var device = Device(), other = Device()
        while files.find(after: previous.bytes, in: directory.bytes) {
            previous.truncate(to: 0)
            previous.append(files.text)
            guard previous.bytes.starts(with: prefix) else { continue }
            guard count < 64, device.load(previous.bytes, of: directory, named: nameFile, from: &files) else {
                catalogue.skip()
                continue
            }
            var low = 0
            var high = count
            while low < high {
                let middle = (low &+ high) / 2
                if load(middle, &other, from: &files) && other.isOrdered(before: device) {
                    low = middle &+ 1
                } else {
                    high = middle
                }
            }
            insert(device.entry, at: low)
        }
    }

    /// Makes `device` the one at `index`; false beyond `count`, and where it went away meanwhile.
    @inline(never)
    public func load(_ index: Int, _ device: inout Device, from files: inout some ValueFiles & ~Copyable) -> Bool {
        guard index >= 0 && index < count else { return false }
        return device.load(entries[index].bytes, of: directory, named: nameFile, from: &files)
    }

    private mutating func insert(_ entry: Span<UInt8>, at index: Int) {
        var i = count
        while i > index {
            entries[i] = entries[i &- 1]
            i &-= 1
        }
        entries[index].truncate(to: 0)
        entries[index].append(entry)
        count &+= 1
    }
}
