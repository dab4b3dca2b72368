/// One thing that can be measured or set, as a driver found it. Its name and path are in the catalogue.
public struct Channel: Sendable {
    public let quantity: Quantity
    /// What the driver noted when it found the channel; its own business.
    public let parts: UInt8
    /// The greatest value it can be set to, where that was found out; else 0.
    public let maximum: Int32
    /// Which driver of the board declared it.
    var driver: UInt8
    /// Where the catalogue has its name, and behind it its stem.
    let start: UInt16
    let nameLength: UInt8
    let stemLength: UInt8
    /// Fingerprint of the device it belongs to.
    let device: UInt32
}
