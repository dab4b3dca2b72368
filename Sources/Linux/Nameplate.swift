import Fixed
import Hardware
import Ownership

/// What a board's folder knows of every board of its kind: what its maker would print on it.
public struct Nameplate: Sendable {
    /// Each of 1 ... 128 bytes; empty where the board does not say.
    public var manufacturer: StaticString
    public var model: StaticString
    public var version: StaticString
    public var deviceClass: StaticString
    /// A file with the serial number of the very board, which ends with a NUL or with the file; empty for none.
    public var serialFile: StaticString

    public init(
        manufacturer: StaticString = "", model: StaticString = "", version: StaticString = "",
        deviceClass: StaticString = "", serialFile: StaticString = ""
    ) {
        self.manufacturer = manufacturer
        self.model = model
        self.version = version
        self.deviceClass = deviceClass
        self.serialFile = serialFile
    }
}

extension Configuration {
    /// True where it says itself who made the Thing, or which one it is.
    private var hasNameplate: Bool {
        line(of: .serial) > 0 || line(of: .manufacturer) > 0 || line(of: .model) > 0 || line(of: .version) > 0
            || line(of: .deviceClass) > 0
    }

    /// Takes up what the board says of itself, where the configuration says none of it: a sticker that
    /// was printed from the configuration has all that is said of the Thing, and nothing is added to
    /// it later. What is no tag, or finds no room, is left out. `block` is empty, and is wiped after use.
    public mutating func add(_ nameplate: borrowing Nameplate, through block: inout Block) {
        if hasNameplate { return }
        if nameplate.serialFile.utf8CodeUnitCount > 0 { addSerial(from: nameplate.serialFile.bytes, through: &block) }
        add("MAN", nameplate.manufacturer)
        add("MODEL", nameplate.model)
        add("V", nameplate.version)
        add("CLASS", nameplate.deviceClass)
    }

    private mutating func add(_ name: StaticString, _ value: StaticString) {
        if value.utf8CodeUnitCount > 0 { _ = addTag(name, value.bytes) }
    }

    /// The serial number of a file such as the kernel shows for the device tree's property.
    mutating func addSerial(from path: Span<UInt8>, through block: inout Block) {
        if Self.read(path, into: &block, limit: 512, secret: false) == nil {
            var serial = block.bytes
            if let end = serial.firstIndex(of: 0) { serial = serial.extracting(first: end) }
            serial = serial.trimmed
            if serial.count > 0 { _ = addTag("SN", serial) }
        }
        block.wipe()
    }
}
