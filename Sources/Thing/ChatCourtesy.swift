import Fixed
import XMPP

/// How often somebody is answered in words. A person never notices; two programs that
/// answer each other's answers fall silent.
struct Courtesy: ~Copyable {
    private struct Speaker: Sendable {
        /// Of the friendship (`Roster.seal`).
        var seal: UInt32
        var minute: Instant
        /// Answers in that minute.
        var answers: UInt8 = 0
        var hour: Instant
        /// Times in that hour that something was not understood or not allowed, and this was said.
        var hints: UInt8 = 0
    }

    static var answersInAMinute: UInt8 { 20 }
    static var hintsInAnHour: UInt8 { 10 }

    private let place = InPlace()
    private var speakers = List<32, Speaker>(
        filler: Speaker(seal: 0, minute: Instant(milliseconds: 0), hour: Instant(milliseconds: 0)))

    init() {}

    /// Nobody has said anything.
    mutating func removeAll() { speakers.removeAll() }

    /// True where there may be one more answer in this minute.
    mutating func mayAnswer(_ seal: UInt32, now: Instant) -> Bool {
        let i = place(of: seal, now: now)
        if speakers[i].minute + .minutes(1) <= now {
            speakers[i].minute = now
            speakers[i].answers = 0
        }
        return speakers[i].answers < Self.answersInAMinute
    }

    /// It was answered, or will be. Somebody who knows what to say, and may, is told again when
    /// something was not understood.
    mutating func answered(_ seal: UInt32, isUnderstood: Bool, now: Instant) {
        let i = place(of: seal, now: now)
        if speakers[i].answers < Self.answersInAMinute { speakers[i].answers &+= 1 }
        if isUnderstood { speakers[i].hints = 0 }
    }

    /// True where it may be said once more that something was not understood or not allowed.
    mutating func mayHint(_ seal: UInt32, now: Instant) -> Bool {
        let i = place(of: seal, now: now)
        if speakers[i].hour + .minutes(60) <= now {
            speakers[i].hour = now
            speakers[i].hints = 0
        }
        guard speakers[i].hints < Self.hintsInAnHour else { return false }
        speakers[i].hints &+= 1
        return true
    }

    /// The place of a friendship; there are as many as the roster has. Of friendships
    /// that ended the one gives way that was silent for the longest time.
    private mutating func place(of seal: UInt32, now: Instant) -> Int {
        var oldest = 0
        for i in speakers.indices {
            if speakers[i].seal == seal { return i }
            if speakers[i].minute < speakers[oldest].minute { oldest = i }
        }
        let speaker = Speaker(seal: seal, minute: now, hour: now)
        if speakers.append(speaker) { return speakers.count &- 1 }
        speakers[oldest] = speaker
        return oldest
    }
}
