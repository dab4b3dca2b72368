import Fixed
import XMPP

/// What a friend would like to do, and a person as parent has not decided yet.
public struct Petition: Sendable {
    /// Of the friendship (`Roster.seal`).
    public let seal: UInt32
    /// To set parameters; otherwise to read fields, and to be told when they change.
    public let writes: Bool
    /// The fields it is about.
    public fileprivate(set) var fields: FieldSet
    /// Nothing was named: it is about all that has no rule of its own.
    public fileprivate(set) var isForAll: Bool
    /// What the parent answers it by; 0 until it has been shown.
    public fileprivate(set) var number: UInt32 = 0
    public fileprivate(set) var isTold = false

    /// What a rule that answers it speaks of.
    public var operations: UInt8 { writes ? Rule.bit(.write) : Rule.readAndSubscribe }
}

/// What a person has to decide, by numbers.
///
/// A number means one thing for ever: none is given twice, not even by another run of
/// the program, and what changes after it was shown gets a new one. So a yes never
/// covers what was not shown with its number.
public struct Petitions: ~Copyable {
    /// At once. A friend has two at most: one for what he would read, one for what he would set.
    public static var capacity: Int { 16 }
    /// Fields in one petition, so that all of them can be shown in one message. What
    /// is beyond that is asked for again by whoever wants it.
    public static var fieldsInOne: Int { 12 }
    /// Between two messages that the parent did not ask for: at first, and after so many
    /// of them without a word that it does not seem to be looking.
    public static var firstPause: Interval { .seconds(5) }
    public static var lastPause: Interval { .minutes(15) }
    /// Time in which a yes without a number may still mean what was there before.
    public static var doubt: Interval { .minutes(1) }

    private let place = InPlace()
    private var open = List<16, Petition>(filler: Petition(seal: 0, writes: false, fields: FieldSet(), isForAll: false))
    /// The latest number given, of this run or an earlier one.
    public private(set) var lastNumber: UInt32 = 0
    /// A number was given, which is to be kept before it is told.
    public var changed = false

    private var quietUntil = Instant(milliseconds: .min)
    private var pause = Petitions.firstPause
    private var doubtUntil = Instant(milliseconds: .min)

    public init() {}

    public var indices: Range<Int> { open.indices }
    public var count: Int { open.count }
    public subscript(index: Int) -> Petition { open[index] }

    /// The petition that is answered by that number.
    public func index(numbered number: UInt32) -> Int? {
        guard number != 0 else { return nil }
        for i in open.indices where open[i].number == number { return i }
        return nil
    }

    /// Somebody would like to. Asked for again it is the same petition; asked for more, the
    /// same petition again, but to be shown anew. False where there is no place.
    public mutating func add(
        _ fields: FieldSet, isForAll: Bool, writes: Bool, by seal: UInt32, now: Instant
    ) -> Bool {
        for i in open.indices where open[i].seal == seal && open[i].writes == writes {
            let all = open[i].isForAll || isForAll
            let wanted = all ? .anyField : limited(fields, to: open[i].fields)
            if wanted == open[i].fields && all == open[i].isForAll { return true }
            open[i].fields = wanted
            open[i].isForAll = all
            if open[i].isTold { lapse(now: now) }
            open[i].number = 0
            open[i].isTold = false
            return true
        }
        let wanted = isForAll ? .anyField : limited(fields, to: FieldSet())
        return open.append(Petition(seal: seal, writes: writes, fields: wanted, isForAll: isForAll))
    }

    /// As many more of `fields` as one petition takes.
    private func limited(_ fields: FieldSet, to known: FieldSet) -> FieldSet {
        var set = known
        for i in 0..<FieldSet.capacity where fields.contains(i) && set.count < Self.fieldsInOne { set.insert(i) }
        return set
    }

    /// What is left of a petition once some of it has been decided; nothing left ends it.
    public mutating func keep(_ fields: FieldSet, of index: Int) {
        if fields.isEmpty { open.remove(at: index) } else { open[index].fields = fields }
    }

    public mutating func remove(_ index: Int) { open.remove(at: index) }

    /// Another parent. Numbers go on.
    public mutating func removeAll() { open.removeAll() }

    // MARK: Numbers

    /// A number that never was.
    public mutating func nextNumber() -> UInt32 {
        lastNumber = lastNumber == .max ? 1 : lastNumber &+ 1
        changed = true
        return lastNumber
    }

    /// Takes up where an earlier run ended.
    public mutating func restore(lastNumber: UInt32) { self.lastNumber = lastNumber }

    /// The petition is shown to the parent now: its number.
    public mutating func show(_ index: Int) -> UInt32 {
        if open[index].number == 0 { open[index].number = nextNumber() }
        open[index].isTold = true
        return open[index].number
    }

    /// Something that was shown is no more, and nobody told the parent.
    public mutating func lapse(now: Instant) { doubtUntil = now + Self.doubt }

    /// A yes without a number may be meant for something that was there a moment ago.
    public func isInDoubt(now: Instant) -> Bool { now < doubtUntil }

    // MARK: The pace of telling

    /// When the parent may be told something that it did not ask for.
    public var tellingFrom: Instant { quietUntil }

    /// The parent has been told. Unless it says something, the next pause is longer.
    public mutating func told(now: Instant) {
        if quietUntil + Self.lastPause <= now { pause = Self.firstPause }
        quietUntil = now + pause
        pause = min(.milliseconds(pause.milliseconds &* 2), Self.lastPause)
    }

    /// The parent said something: it is looking.
    public mutating func parentSpoke(now: Instant) {
        pause = Self.firstPause
        quietUntil = min(quietUntil, now + pause)
    }

    /// The parent went, or is another one, or may not have heard it: what is open will be told again.
    public mutating func forgetTelling() {
        for i in open.indices { open[i].isTold = false }
    }

    /// The parent comes: it is told at once.
    public mutating func parentReturned() {
        pause = Self.firstPause
        quietUntil = Instant(milliseconds: .min)
    }
}
