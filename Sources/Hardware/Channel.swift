/// One thing that can be measured, as a driver found it.
public struct Channel: Sendable {
    /// Unique in the catalogue and the same after every restart.
    public var name: Text<64>
    public var quantity: Quantity
    /// What the paths of its files begin with, for example `class/hwmon/hwmon0/temp1`.
    public var stem: Text<112>
    /// What the driver noted when it found the channel; its own business.
    public var parts: UInt8
    /// Which driver of the board declared it.
    var driver: UInt8
    /// Fingerprint of the device it belongs to.
    var device: UInt32

    init(name: Text<64>, quantity: Quantity, stem: Text<112>, parts: UInt8, driver: UInt8, device: UInt32) {
        self.name = name
        self.quantity = quantity
        self.stem = stem
        self.parts = parts
        self.driver = driver
        self.device = device
    }

    /// An unused place.
    init() {
        self.init(name: Text(), quantity: .temperature, stem: Text(), parts: 0, driver: 0, device: 0)
    }

    public var field: Field { Field(name: name, unit: Text(quantity.unit)) }
}
