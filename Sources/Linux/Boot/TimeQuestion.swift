import Fixed

/// One question of SNTP, and the reading of what it is answered (RFC 4330). Nobody proves who he is here.
struct TimeQuestion: Sendable {
    /// Stands where a client's clock would, of which nobody need know: an answer has to bring it back (§5).
    let cookie: UInt64

    /// From 1900, where NTP begins, to 1970.
    private static var epoch: Int64 { 2_208_988_800 }

    /// Writes the message: version 4, mode 3, and all else zero.
    func write(to sink: inout Text<48>) {
        sink.put(0x23)
        for _ in 1..<40 { sink.put(0) }
        for i in 0..<8 { sink.put(UInt8(truncatingIfNeeded: cookie >> UInt64(56 &- 8 &* i))) }
    }

    /// The time, in milliseconds since 1970, at the moment when the server wrote it. Nil where this is no answer
    /// of a server that knows the time (§5: mode 4, stratum 1 to 15, leap indicator not 3), or tells one before `floor`.
    func time(in bytes: Span<UInt8>, floor: Int64) -> Int64? {
        guard bytes.count >= 48, bytes[0] & 7 == 4, bytes[0] >> 6 != 3, (bytes[0] >> 3) & 7 >= 3, bytes[1] >= 1 && bytes[1] <= 15
        else { return nil }
        var origin: UInt64 = 0
        for i in 24..<32 { origin = origin << 8 | UInt64(bytes[i]) }
        let seconds = DHCPMessage.value(in: bytes, at: 40)
        let fraction = DHCPMessage.value(in: bytes, at: 44)
        guard origin == cookie, seconds != 0 || fraction != 0 else { return nil }
        // The seconds are 32 bits, which begin anew in 2036 (§3): within 68 years of the floor there is one time for them.
        let start = floor / 1000
        let ahead = Int64(Int32(bitPattern: seconds &- UInt32(truncatingIfNeeded: start &+ Self.epoch)))
        let time = (start &+ ahead) &* 1000 &+ ((Int64(fraction) &* 1000) >> 32)
        return time >= floor ? time : nil
    }
}

/// When a time server is asked: once it is known; after an answer every hour; without one after 15 s (§10), and
/// then each time after twice as long, up to 17 minutes.
struct TimeSchedule: Sendable {
    private var failures: Int64 = 0
    private(set) var next: Instant?

    init() {}

    mutating func begin(now: Instant) {
        failures = 0
        next = now
    }

    mutating func answered(now: Instant) {
        failures = 0
        next = now + .minutes(60)
    }

    mutating func failed(now: Instant) {
        next = now + .seconds(15 << min(failures, 6))
        failures = min(failures &+ 1, 6)
    }

    /// Nobody is left to be asked.
    mutating func end() { next = nil }
}
