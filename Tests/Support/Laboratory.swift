import Fixed
import Foundation
import TLS

/// The firmware's own hash functions, with randomness that a test can repeat and
/// a count of the one function that is dear.
public enum TestCryptography: Cryptography {
    public static func digest(_ hash: Hash, of data: Span<UInt8>) -> Digest {
        MbedCryptography.digest(hash, of: data)
    }

    public static func authenticate(_ hash: Hash, key: Span<UInt8>, _ data: Span<UInt8>) -> Digest {
        MbedCryptography.authenticate(hash, key: key, data)
    }

    public static func derive(
        _ hash: Hash, password: Span<UInt8>, salt: Span<UInt8>, iterations: Int
    ) -> Digest {
        Laboratory.current.derivations += 1
        return Laboratory.derive(hash, password: password, salt: salt, iterations: iterations)
    }

    public static func nonce() -> Text<16> { Laboratory.current.nonce() }
}

/// What is random in one conversation, and what was spent in it.
///
/// `Cryptography` has no instance to hang this on, so each thread has one at a
/// time: conversations never change threads in mid-call, and several tests run
/// side by side.
public final class Laboratory {
    private var dice: Dice
    /// How often PBKDF2 was asked for.
    public var derivations = 0

    public init(seed: UInt64) { dice = Dice(seed: seed) }

    public func nonce() -> Text<16> {
        var text = Text<16>()
        for _ in 0..<16 { text.append(UInt8(truncatingIfNeeded: dice.next())) }
        return text
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// From here on this thread's randomness is this one's.
    public func enter() { pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque()) }

    public static var current: Laboratory {
        Unmanaged<Laboratory>.fromOpaque(pthread_getspecific(key)!).takeUnretainedValue()
    }

    private static let lock = NSLock()
    nonisolated(unsafe) private static var derived: [String: [UInt8]] = [:]

    /// The real function, its results kept: thousands of conversations log in with
    /// the same password.
    public static func derive(
        _ hash: Hash, password: Span<UInt8>, salt: Span<UInt8>, iterations: Int
    ) -> Digest {
        let name = "\(hash) \(password.array) \(salt.array) \(iterations)"
        lock.lock()
        defer { lock.unlock() }
        if let known = derived[name] { return Digest(known.span)! }
        let fresh = MbedCryptography.derive(hash, password: password, salt: salt, iterations: iterations)
        derived[name] = fresh.bytes.array
        return fresh
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
public struct Dice: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// One of `n` equally likely cases.
    public mutating func roll(_ n: Int) -> Int { Int(next() % UInt64(n)) }
    public mutating func pick<T>(_ from: [T]) -> T { from[roll(from.count)] }
}

extension Span where Element == UInt8 {
    public var array: [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(count)
        for i in indices { copy.append(self[i]) }
        return copy
    }
}

extension Text {
    /// Test data that is known to fit.
    public init(utf8 text: String) { self.init(Array(text.utf8).span)! }
}
