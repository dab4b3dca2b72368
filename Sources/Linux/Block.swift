import CPlatform
import Fixed

/// Room for one file's content, used in turn for the configuration, the
/// authorities and the state.
public typealias Block = Buffer<16_384>

extension Buffer where capacity == 16_384 {
    /// Empties the buffer and overwrites what it held. All zeros are an empty buffer.
    @inline(never)
    public mutating func wipe() {
        unsafe withUnsafeMutableBytes(of: &self) { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe ward_platform_wipe(base, Int32(truncatingIfNeeded: bytes.count))
        }
    }
}
