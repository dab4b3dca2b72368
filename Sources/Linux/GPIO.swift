import CPlatform
import Fixed
import Hardware

// Lines of GPIO chips by the kernel's character device (Linux 5.10), as a board names them. A
// chip is named by its label (`gpiodetect` shows it), which stays the same where the number of
// /dev/gpiochip0 may not, or by several with commas between them, where models differ; or by a path.

/// An input whose changes are told once it has been stable for 5 ms.
public struct GPIOInput: DigitalInput {
    private let chip: StaticString
    private let line: Int32
    private let pull: Int32
    private let isActiveLow: Bool
    public private(set) var descriptor: Int32 = -1

    public enum Bias: Sendable { case none, pullUp, pullDown }

    /// `activeLow`: the line is active where it is low, as with a button to ground.
    public init(_ chip: StaticString, _ line: Int32, bias: Bias = .none, activeLow: Bool = false) {
        self.chip = chip
        self.line = line
        pull = bias == .pullUp ? 1 : bias == .pullDown ? -1 : 0
        isActiveLow = activeLow
    }

    public mutating func open() throws(Failure) {
        guard descriptor < 0 else { return }
        let result = chip.bytes.lend { ward_gpio_watch($0, $1, line, pull, isActiveLow ? 1 : 0, 5_000) }
        guard result >= 0 else { throw Failure(of: result) }
        descriptor = result
    }

    public mutating func level() throws(Failure) -> Bool { try Failure.level(descriptor) }

    public mutating func takeEdge() -> Bool? {
        let edge = descriptor < 0 ? -1 : ward_gpio_edge(descriptor)
        return edge < 0 ? nil : edge == 1
    }
}

/// An output.
public struct GPIOOutput: DigitalOutput {
    private let chip: StaticString
    private let line: Int32
    private let isActiveLow: Bool
    private var descriptor: Int32 = -1

    /// `activeLow`: the line is active where it is low.
    public init(_ chip: StaticString, _ line: Int32, activeLow: Bool = false) {
        self.chip = chip
        self.line = line
        isActiveLow = activeLow
    }

    public mutating func open() throws(Failure) {
        guard descriptor < 0 else { return }
        let result = chip.bytes.lend { ward_gpio_open_output($0, $1, line, isActiveLow ? 1 : 0, 0) }
        guard result >= 0 else { throw Failure(of: result) }
        descriptor = result
    }

    public mutating func level() throws(Failure) -> Bool { try Failure.level(descriptor) }

    public mutating func set(_ active: Bool) throws(Failure) {
        guard descriptor >= 0 else { throw .gone }
        if ward_gpio_set(descriptor, active ? 1 : 0) < 0 { throw .refused }
    }
}

extension Failure {
    fileprivate init(of error: Int32) { self = SystemError(number: error).isMissing ? .gone : .refused }

    fileprivate static func level(_ descriptor: Int32) throws(Failure) -> Bool {
        guard descriptor >= 0 else { throw .gone }
        let level = ward_gpio_read(descriptor)
        guard level >= 0 else { throw .notAnswering }
        return level == 1
    }
}
