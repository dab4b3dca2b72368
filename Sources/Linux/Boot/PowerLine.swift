import CPlatform
import Fixed

/// The button by which the machine is switched off.
public struct PowerLine: ~Copyable {
    private var descriptor: Int32 = -1

    public init() {}

    /// Watches the line as `source`. Nil, or why it cannot be had.
    public mutating func begin(_ line: GPIOLine, poller: Poller, source: Int32) -> SystemError? {
        descriptor = line.watch()
        if descriptor < 0 { return SystemError(number: descriptor) }
        poller.add(descriptor, as: source, for: .reading)
        return nil
    }

    /// True where it was pressed since it was asked last. One that was pressed before the program began has to be let go first.
    public func wasPressed() -> Bool {
        guard descriptor >= 0 else { return false }
        var isPressed = false
        for _ in 0..<16 {
            let edge = ward_gpio_edge(descriptor)
            guard edge >= 0 else { break }
            if edge == 1 { isPressed = true }
        }
        return isPressed
    }
}
