/// A channel that a driver has found and is about to declare.
public struct Candidate: ~Copyable {
    private let place = InPlace()
    /// The device it is on.
    public var device = Device()
    /// What the paths of its files begin with, for example `class/hwmon/hwmon0/temp1`.
    public private(set) var stem = Text<255>()
    /// Its label, or what the driver calls it for lack of one; not yet unique.
    var name = Text<255>()
    private(set) var isLabelled = false
    /// False where its path is too long.
    private(set) var isWhole = true

    @inline(never)
    public init() {}

    /// Starts with the device's file `file`, which is called `<device> <quantity>`; for no
    /// quantity, as the device is.
    @inline(never)
    public mutating func begin(_ file: Span<UInt8>, _ quantity: Quantity?) {
        stem.truncate(to: 0)
        stem.append(device.path.bytes)
        stem.append(0x2F)
        isWhole = stem.append(file)
        isLabelled = false
        name.truncate(to: 0)
        name.append(device.name)
        if let quantity { add(word: quantity.word) }
    }

    /// Starts with a file of the kernel's own.
    @inline(never)
    public mutating func begin(kernel path: StaticString, name word: StaticString) {
        let kernel: StaticString = "kernel"
        device.become(kernel.bytes)
        stem.truncate(to: 0)
        isWhole = stem.append(path.bytes)
        isLabelled = false
        name.truncate(to: 0)
        name.append(word.bytes)
    }

    /// Adds a byte to the name.
    public mutating func add(_ byte: UInt8) { name.append(byte) }

    /// Adds a space and a word to the name.
    public mutating func add(word: Span<UInt8>) {
        name.append(0x20)
        name.append(word)
    }

    /// Adds its number among those of its kind, 0 ... 99, to the path and, where it `isNeeded`
    /// to tell it from others, to the name.
    public mutating func add(number: Int, isNeeded: Bool, toPath: Bool = true) {
        let tens = UInt8(truncatingIfNeeded: number / 10)
        let ones = UInt8(truncatingIfNeeded: number % 10)
        if toPath {
            if tens > 0 { stem.append(0x30 &+ tens) }
            isWhole = stem.append(0x30 &+ ones) && isWhole
        }
        guard isNeeded else { return }
        name.append(0x20)
        if tens > 0 { name.append(0x30 &+ tens) }
        name.append(0x30 &+ ones)
    }

    /// Takes the label from `<stem>_label`, where that is text that can be a name. False where it was too slow.
    @inline(never)
    public mutating func readLabel(from files: inout some ValueFiles & ~Copyable) -> Bool {
        let failure = files.read(stem.bytes, "_label")
        if failure == nil && files.text.trimmed.isPrintable {
            name.truncate(to: 0)
            isLabelled = name.append(files.text.trimmed)
        }
        return failure != .tooSlow
    }
}
