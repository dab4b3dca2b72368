import CPlatform
import Fixed
import Hardware

/// A bus by the kernel's character device (Documentation/i2c/dev-interface.rst), opened when it is first
/// used. It may be held up for as long as the adapter's driver likes.
public struct LinuxI2C: I2CBus {
    private let number: Int32
    private var descriptor: Int32 = -1

    /// The bus behind /dev/i2c-`bus`, 0 ... 999.
    public init(bus: Int32) { number = bus }

    public mutating func transfer(to address: UInt8, _ sent: I2CBytes, receive count: Int) throws(Failure) -> I2CBytes {
        if descriptor < 0 { descriptor = ward_i2c_open(number) }
        guard descriptor >= 0 else { throw Self.failure(descriptor) }
        let count = min(max(count, 0), I2CBytes.maximum)
        let descriptor = descriptor
        var received = InlineArray<32, UInt8>(repeating: 0)
        let result = received.fill { place, _ in
            sent.bytes.lend { ward_i2c_transfer(descriptor, Int32(address), $0, $1, place, Int32(truncatingIfNeeded: count)) }
        }
        guard result >= 0 else { throw Self.failure(Int32(truncatingIfNeeded: result)) }
        return I2CBytes(received.span.extracting(first: count))
    }

    private static func failure(_ error: Int32) -> Failure {
        switch Int(ward_i2c_meaning(error)) {
        case Int(WARD_I2C_GONE): return .gone
        case Int(WARD_I2C_STUCK): return .stuck
        default: return .notAnswering
        }
    }
}
