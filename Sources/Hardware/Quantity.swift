/// What a channel measures: its word in a field's name, and its unit on the wire.
///
/// Units are spelled here and nowhere else: SI symbols as XEP-0323 uses them in
/// its examples (`°C`, `%`, `W`); `rpm` for revolutions per minute.
public enum Quantity: UInt8, Sendable {
    case temperature = 0, voltage, current, power, energy, charge, humidity, fanSpeed
    case pressure, illuminance, acceleration, angularVelocity, magneticField, resistance
    case concentration, distance
    case capacity, status, online, uptime, load

    /// The word in the name of a channel that has no label.
    public var word: StaticString {
        switch self {
        case .temperature: return "temperature"
        case .voltage: return "voltage"
        case .current: return "current"
        case .power: return "power"
        case .energy: return "energy"
        case .charge: return "charge"
        case .humidity: return "humidity"
        case .fanSpeed: return "fan"
        case .pressure: return "pressure"
        case .illuminance: return "illuminance"
        case .acceleration: return "acceleration"
        case .angularVelocity: return "angular velocity"
        case .magneticField: return "magnetic field"
        case .resistance: return "resistance"
        case .concentration: return "concentration"
        case .distance: return "distance"
        case .capacity: return "capacity"
        case .status: return "status"
        case .online: return "online"
        case .uptime: return "uptime"
        case .load: return "load"
        }
    }

    /// Empty for words, truth values and plain numbers.
    public var unit: StaticString {
        switch self {
        case .temperature: return "°C"
        case .voltage: return "V"
        case .current: return "A"
        case .power: return "W"
        case .energy: return "Wh"
        case .charge: return "Ah"
        case .humidity, .concentration, .capacity: return "%"
        case .fanSpeed: return "rpm"
        case .pressure: return "kPa"
        case .illuminance: return "lx"
        case .acceleration: return "m/s²"
        case .angularVelocity: return "rad/s"
        case .magneticField: return "G"
        case .resistance: return "Ω"
        case .distance: return "m"
        case .uptime: return "s"
        case .status, .online, .load: return ""
        }
    }
}
