import Fixed

/// What shows how the Thing is: an LED that the kernel knows, as in `/sys/class/leds/status`, or a line of a GPIO
/// chip and the level at which it shines, as in `gpiochip0 17 high`.
public struct LightPlace: Sendable {
    /// Empty where it is a line.
    var folder = Text<47>()
    var line: GPIOLine?

    /// Nil for anything else.
    public init?(_ text: Span<UInt8>) {
        if text.starts(with: "/") && text.firstIndex(of: 0x20) == nil {
            guard let path = Text<47>(text) else { return nil }
            folder = path
        } else {
            guard let line = GPIOLine(text) else { return nil }
            self.line = line
        }
    }
}
