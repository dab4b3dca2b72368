import CPlatform
import Fixed

/// The line of a GPIO chip that a button is on, by which somebody who holds the board in his hands
/// takes it back: `gpiochip0 17 low`.
public struct GPIOLine: Equatable, Sendable {
    /// The chip's name below /dev, or a path.
    private var chip: Text<64>
    private var line: Int32
    /// The level that means pressed.
    private var isHigh: Bool
    /// Where nobody presses it is pulled to the other level, if the chip can.
    private var isPulled: Bool

    /// How long the button is held for it to count.
    public static var hold: Interval { .seconds(3) }

    /// Reads `CHIP LINE low` or `CHIP LINE high`, the level that means pressed; `none` behind that leaves the
    /// line's bias as it is. Lines are 0 ... 511. Nil for anything else.
    public init?(_ text: Span<UInt8>) {
        var rest = text
        let chip = rest.takeWord()
        let line = rest.takeWord()
        let level = rest.takeWord()
        let bias = rest.takeWord()
        guard chip.count > 0, Self.isChip(chip), let name = Text<64>(chip), let number = line.decimalNumber, number <= 511,
            level.equals("low") || level.equals("high"), bias.count == 0 || bias.equals("none"), rest.trimmed.count == 0
        else { return nil }
        self.chip = name
        self.line = Int32(truncatingIfNeeded: number)
        isHigh = level.equals("high")
        isPulled = bias.count == 0
    }

    private static func isChip(_ name: Span<UInt8>) -> Bool {
        if name[0] == 0x2F { return name.count > 1 }
        return name.firstIndex(of: 0x2F) == nil && name[0] != 0x2E
    }

    public enum Press: Equatable, Sendable {
        case held, released
        /// There is no such line, or it is not to be had.
        case failed(SystemError)
    }

    /// Looks at the line, and goes on looking as long as it is pressed, until that makes it count: waits
    /// up to `hold`.
    @inline(never)
    public func press() -> Press {
        let path = path
        let number = line
        let pull: Int32 = isPulled ? (isHigh ? -1 : 1) : 0
        let descriptor = path.bytes.lend { ward_gpio_open($0, $1, number, pull) }
        guard descriptor >= 0 else { return .failed(SystemError(number: descriptor)) }
        let pressed: Int32 = isHigh ? 1 : 0
        let isHeld = Self.isHeld({ ward_gpio_read(descriptor) == pressed }, now: { Process.now }, pause: { ward_pause(50) })
        ward_gpio_close(descriptor)
        return isHeld ? .held : .released
    }

    private var path: Path {
        var path = Path()
        if chip.bytes.firstIndex(of: 0x2F) == nil { path.append("/dev/") }
        path.append(chip.bytes)
        return path
    }

    /// Takes the line as an input whose changes are told, once they have lasted for 5 ms: the descriptor, or a negated errno.
    func watch() -> Int32 {
        path.bytes.lend { ward_gpio_watch($0, $1, line, isPulled ? (isHigh ? -1 : 1) : 0, isHigh ? 0 : 1, 5000) }
    }

    /// Takes the line as an output, which is at the other level from then on: the descriptor, or a negated errno.
    func drive() -> Int32 { path.bytes.lend { ward_gpio_open_output($0, $1, line, isHigh ? 0 : 1, 0) } }

    /// True where it is pressed whenever it is looked at, from now until `hold` has passed.
    @inline(__always)
    static func isHeld(_ isPressed: () -> Bool, now: () -> Instant, pause: () -> Void) -> Bool {
        let end = now() + hold
        while isPressed() {
            if now() >= end { return true }
            pause()
        }
        return false
    }

    /// The line as it is written.
    public var words: Text<96> {
        var words = Text<96>()
        words.append(chip.bytes)
        words.append(0x20)
        words.put(decimal: Int(line))
        words.append(isHigh ? " high" : " low")
        return words
    }
}

extension Span where Element == UInt8 {
    /// Takes the first word away; empty where there is none.
    @inline(never)
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    mutating func takeWord() -> Span<UInt8> {
        let text = trimmed
        var end = 0
        while end < text.count && !text[end].isWhitespace { end &+= 1 }
        self = text.extracting(droppingFirst: end)
        return text.extracting(first: end)
    }
}
