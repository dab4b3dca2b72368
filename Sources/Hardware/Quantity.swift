/// What a channel measures or sets: its word in a field's name, and its unit on the wire.
///
/// Drivers list their file names in the order of these cases.
///
/// Units are spelled here and nowhere else: SI symbols as XEP-0323 uses them in
/// its examples (`°C`, `%`, `W`); `rpm` for revolutions per minute.
public enum Quantity: UInt8, Sendable {
    case temperature = 0, voltage, current, power, energy, charge, humidity, fanSpeed
    case pressure, illuminance, acceleration, angularVelocity, magneticField, resistance
    case concentration, distance
    case capacity, status, online, uptime, load
    case brightness, dutyCycle

    /// The word in the name of a channel that has no label.
    public var word: Span<UInt8> {
        @_lifetime(immortal)
        get { Quantity.words.item(Int(rawValue)) }
    }

    /// Empty for words, truth values and plain numbers.
    public var unit: Span<UInt8> {
        @_lifetime(immortal)
        get { Quantity.units.item(Int(rawValue)) }
    }

    // In the order of the cases.
    private static var words: StaticString {
        "temperature,voltage,current,power,energy,charge,humidity,fan,pressure,illuminance,acceleration,angular velocity,magnetic field,resistance,concentration,distance,capacity,status,online,uptime,load,brightness,duty cycle"
    }
    private static var units: StaticString { "°C,V,A,W,Wh,Ah,%,rpm,kPa,lx,m/s²,rad/s,G,Ω,%,m,%,,,s,,,%" }
}
