/// A device under a class directory such as `class/hwmon`, known by where it
/// is in the machine. The number in `hwmon3` is no part of that: it is handed out in the
/// order of discovery and may be another after the next restart.
public struct Device: Sendable {
    /// The class directory's entry, for example `hwmon3`.
    public let entry: Text<64>
    /// Its path, for example `class/hwmon/hwmon3`.
    public let path: Text<96>
    /// What the name file says (`coretemp`), or `place` for lack of that.
    public let name: Text<64>
    /// Where it is, for people: the last part of `identity`, for example `coretemp.1`;
    /// the entry for a device that is nowhere but in the class directory.
    public let place: Text<64>
    /// The path of the hardware it stands for, without the class's own numbering; empty for none.
    public let identity: Text<255>

    /// Nil where there is no such device, or a path is too long, or its name file is too slow.
    public init?(
        _ entry: Text<64>, of directory: StaticString, named nameFile: StaticString,
        from files: inout some ValueFiles & ~Copyable
    ) {
        var path = Text<96>()
        guard path.append(directory), path.append(0x2F), path.append(entry.bytes),
            let resolved = files.resolve(path.bytes) else { return nil }
        self.entry = entry
        self.path = path
        let identity = Device.identity(resolved, entry, directory)
        self.identity = identity
        let start = identity.bytes.lastIndex(of: 0x2F).map { $0 &+ 1 } ?? 0
        let last = identity.bytes.extracting(start..<identity.count)
        var place = entry
        if last.isPrintable, let text = Text<64>(last) { place = text }
        self.place = place
        var name = place
        if !nameFile.bytes.isEmpty {
            var file = path
            guard file.append(0x2F), file.append(nameFile) else { return nil }
            switch files.read(file.bytes) {
            case .failed(.tooSlow): return nil
            case .failed: break
            case .content(let text):
                if text.bytes.trimmed.isPrintable, let said = Text<64>(text.bytes.trimmed) { name = said }
            }
        }
        self.name = name
    }

    /// What is not a device of a class: the kernel itself, under a name.
    public init(kernel name: StaticString) {
        entry = Text(name)
        path = Text()
        self.name = Text(name)
        place = Text(name)
        identity = Text()
    }

    /// Tells this device from others; without a place of its own, by its entry.
    var fingerprint: Fingerprint {
        var print = Fingerprint()
        print.add(identity.bytes)
        print.add(name.bytes)
        if identity.isEmpty { print.add(entry.bytes) }
        return print
    }

    /// True where it hangs below a battery or charger.
    public var isBelowPowerSupply: Bool { identity.bytes.contains("/power_supply/") }

    /// By place, then name, then entry (`hwmon2` before `hwmon10`).
    func isOrdered(before other: Device) -> Bool {
        if identity != other.identity { return identity.bytes.isOrdered(before: other.identity.bytes) }
        if name != other.name { return name.bytes.isOrdered(before: other.name.bytes) }
        if entry.count != other.entry.count { return entry.count < other.entry.count }
        return entry.bytes.isOrdered(before: other.entry.bytes)
    }

    /// `…/coretemp.0/hwmon/hwmon3` is `…/coretemp.0`. A directory that is in the
    /// class itself, or under `devices/virtual` with nothing between, has no identity.
    private static func identity(
        _ resolved: Text<255>, _ entry: Text<64>, _ directory: StaticString
    ) -> Text<255> {
        var result = resolved
        drop(entry.bytes, from: &result)
        if result.bytes.ends(with: directory) { return Text() }
        let names = directory.bytes
        if let slash = names.lastIndex(of: 0x2F) {
            drop(names.extracting((slash &+ 1)..<names.count), from: &result)
        }
        return result.bytes.ends(with: "/devices/virtual") ? Text() : result
    }

    /// Takes the last part off where it is `part`.
    private static func drop(_ part: Span<UInt8>, from path: inout Text<255>) {
        guard let slash = path.bytes.lastIndex(of: 0x2F),
            path.bytes.extracting((slash &+ 1)..<path.count).equals(part) else { return }
        path.truncate(to: slash)
    }
}

/// The devices of a class directory, at most 64, ordered by what they are.
public struct Devices: ~Copyable {
    private var entries = List<64, Text<64>>(filler: Text())
    private let directory: StaticString
    private let nameFile: StaticString

    /// Looks for entries that begin with `prefix`. Those that cannot be taken up are counted as skipped.
    public init(
        of directory: StaticString, startingWith prefix: StaticString = "", named nameFile: StaticString,
        from files: inout some ValueFiles & ~Copyable, skippedBy catalogue: inout Catalogue
    ) {
        self.directory = directory
        self.nameFile = nameFile
        var previous = Text<255>()
        while let next = files.entry(of: directory.bytes, after: previous.bytes) {
            previous = next
            guard next.bytes.starts(with: prefix) else { continue }
            guard !entries.isFull, let entry = Text<64>(next.bytes),
                let device = Device(entry, of: directory, named: nameFile, from: &files)
            else {
                catalogue.skip()
                continue
            }
            insert(device, &files)
        }
    }

    public var count: Int { entries.count }

    /// The device at `index`; nil beyond `count`, and where it went away meanwhile.
    public func device(at index: Int, from files: inout some ValueFiles & ~Copyable) -> Device? {
        guard index >= 0 && index < count else { return nil }
        return Device(entries[index], of: directory, named: nameFile, from: &files)
    }

    /// Only the entries are kept, a device's name and place being long; those it is compared with are read again.
    private mutating func insert(_ device: Device, _ files: inout some ValueFiles & ~Copyable) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low &+ high) / 2
            if let other = self.device(at: middle, from: &files), other.isOrdered(before: device) {
                low = middle &+ 1
            } else {
                high = middle
            }
        }
        entries.append(device.entry)
        var i = entries.count &- 1
        while i > low {
            entries[i] = entries[i &- 1]
            i &-= 1
        }
        entries[low] = device.entry
    }
}
