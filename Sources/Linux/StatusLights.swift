import CPlatform
import Fixed
import Hardware

// Lights are taken for as long as the program runs.

/// An LED that the kernel knows (Documentation/leds/leds-class.rst), by its folder in /sys/class/leds.
public struct LEDLight: StatusLight {
    private let descriptor: Int32
    /// The greatest brightness, as the kernel tells it.
    private let full: Int64

    /// The folder. What else the kernel shows by the LED ends with that.
    init?(_ folder: Span<UInt8>) {
        guard var path = Path(folder), path.append("/max_brightness") else { return nil }
        full = max(FirstProcess.look(path.bytes, for: .number), 1)
        path.truncate(to: folder.count)
        path.append("/brightness")
        descriptor = path.bytes.lend { ward_file_open_for_writing($0, $1) }
        if descriptor < 0 { return nil }
    }

    public func shine(_ isOn: Bool) {
        var words = Text<20>()
        words.put(decimal: isOn ? full : 0)
        let descriptor = descriptor
        words.bytes.lend { _ = ward_file_write(descriptor, $0, $1) }
    }
}

/// A line of a GPIO chip that a light is on.
public struct LineLight: StatusLight {
    private let descriptor: Int32

    init?(_ line: GPIOLine) {
        descriptor = line.drive()
        if descriptor < 0 { return nil }
    }

    public func shine(_ isOn: Bool) { _ = ward_gpio_set(descriptor, isOn ? 1 : 0) }
}

/// The one light that the configuration names, or none.
public enum BoardLight: StatusLight {
    case none
    case led(LEDLight)
    case line(LineLight)

    /// Nil where it is not to be had.
    public init?(_ place: LightPlace) {
        if let line = place.line {
            guard let light = LineLight(line) else { return nil }
            self = .line(light)
        } else {
            guard let light = LEDLight(place.folder.bytes) else { return nil }
            self = .led(light)
        }
    }

    public func shine(_ isOn: Bool) {
        switch self {
        case .none: break
        case .led(let light): light.shine(isOn)
        case .line(let light): light.shine(isOn)
        }
    }
}
