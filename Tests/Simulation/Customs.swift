import Support

/// What is peculiar to one world: how its network and its people are, by its seed.
struct Customs {
    var versions = true
    var signsPushes = false
    var keepsOffline = true
    var cutsPower = false
    /// Whatever came is read at once, however many stanzas it holds.
    var readsInBulk = false
    var slowest: Int64 = 200
    var isNarrow = false
    var restlessness = 20_000
    /// Seconds between two rows of the history; none is kept where it is 0.
    var history = 0
    /// How often the parent does anything unasked, compared with the others.
    var parentCalm = 1
    var isCalm = false

    init(_ dice: inout Dice) {
        versions = dice.roll(3) > 0
        signsPushes = dice.roll(2) == 0
        keepsOffline = dice.roll(3) > 0
        cutsPower = dice.roll(2) == 0
        readsInBulk = dice.roll(4) == 0
        slowest = dice.pick([20, 200, 200, 2_000, 20_000])
        isNarrow = dice.roll(5) == 0
        restlessness = dice.pick([5_000, 20_000, 60_000])
        history = dice.pick([0, 0, 60, 60, 17, 3_600])
        parentCalm = dice.pick([1, 4, 20])
    }

    func latency(_ dice: inout Dice) -> Int64 {
        isCalm ? Int64(5 + dice.roll(20)) : Int64(1 + dice.roll(dice.roll(8) == 0 ? Int(slowest) * 3 : Int(slowest)))
    }
    func betweenServers(_ dice: inout Dice) -> Int64 { isCalm ? Int64(5 + dice.roll(20)) : Int64(1 + dice.roll(Int(slowest))) }
    /// Until a server gives up a client that is gone without a word.
    func serverPatience(_ dice: inout Dice) -> Int64 { Int64(dice.pick([0, 100, 5_000, 90_000])) }
    func sensor(_ dice: inout Dice) -> Int64 { Int64(isCalm ? 10 : dice.pick([1, 20, 100, 700, 2_000])) }
    func window(_ dice: inout Dice) -> Int { isNarrow && !isCalm ? 300 + dice.roll(2_000) : .max / 2 }
}
