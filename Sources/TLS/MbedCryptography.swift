import CMbedTLS
import Fixed

/// mbedTLS's hash functions, and randomness from the kernel.
///
/// Total, as `Cryptography` asks: nothing here allocates. Where the system has no
/// randomness to give, `nonce` ends the process rather than answer something that
/// can be guessed.
public enum MbedCryptography: Cryptography {
    public static func digest(_ hash: Hash, of data: Span<UInt8>) -> Digest {
        unsafe data.withUnsafeBufferPointer { data in
            unsafe result(hash) { unsafe ward_digest($0, data.baseAddress, data.count, $1) }
        }
    }

    public static func authenticate(
        _ hash: Hash, key: Span<UInt8>, _ data: Span<UInt8>
    ) -> Digest {
        unsafe key.withUnsafeBufferPointer { key in
            unsafe data.withUnsafeBufferPointer { data in
                unsafe result(hash) {
                    unsafe ward_hmac($0, key.baseAddress, key.count, data.baseAddress, data.count, $1)
                }
            }
        }
    }

    /// `iterations` beyond 32 bits are cut to the largest count of 32 bits: the caller
    /// caps them far below (SCRAM servers choose them).
    public static func derive(
        _ hash: Hash, password: Span<UInt8>, salt: Span<UInt8>, iterations: Int
    ) -> Digest {
        let count = UInt32(clamping: iterations)
        return unsafe password.withUnsafeBufferPointer { password in
            unsafe salt.withUnsafeBufferPointer { salt in
                unsafe result(hash) {
                    unsafe ward_pbkdf2(
                        $0, password.baseAddress, password.count,
                        salt.baseAddress, salt.count, count, $1)
                }
            }
        }
    }

    public static func nonce() -> Text<16> {
        var bytes = InlineArray<16, UInt8>(repeating: 0)
        var place = bytes.mutableSpan
        unsafe place.withUnsafeMutableBufferPointer {
            unsafe ward_random($0.baseAddress, $0.count)
        }
        var text = Text<16>()
        text.append(bytes.span)
        return text
    }

    /// Lets `compute` write a digest, and wipes the place where it wrote it.
    private static func result(
        _ hash: Hash, _ compute: (Int32, UnsafeMutablePointer<UInt8>) -> Void
    ) -> Digest {
        var bytes = InlineArray<32, UInt8>(repeating: 0)
        var place = bytes.mutableSpan
        unsafe place.withUnsafeMutableBufferPointer {
            unsafe compute(Int32(hash.rawValue), $0.baseAddress.unsafelyUnwrapped)
        }
        var digest = Digest()
        digest.append(bytes.span.extracting(first: hash.size))
        var spent = bytes.mutableSpan
        unsafe spent.withUnsafeMutableBufferPointer { unsafe ward_wipe($0.baseAddress, $0.count) }
        return digest
    }
}
