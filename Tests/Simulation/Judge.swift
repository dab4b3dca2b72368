import Support

/// Whoever judges all that a Thing does in one kind of world. It shares no code with the Thing.
protocol Judge: AnyObject {
    /// What is read next comes in one go.
    func beginTurn()
    /// The Thing has read it: all of it, or first what it gives and then what it takes.
    func read(_ stanza: Stanza, _ part: Part)
    /// The Thing says it; it is not sent yet.
    func heard(_ utterance: Utterance)
    /// Bytes are about to leave.
    func sending()
    /// The Thing starts, with what was kept last; nil for nothing.
    func started(with record: [UInt8]?)
    func kept(_ record: [UInt8])
    /// It could not be kept, and the Thing does not mind.
    func unkept(_ record: [UInt8])
    func streamEnded()
    func measured(_ value: String, of field: String)
    /// The platform is to set an output that is `before` now.
    func setting(_ name: String, to value: String, before: String)
    /// It did not take the value.
    func failed(_ name: String, _ value: String)
}

/// Several stanzas that are read at once: which came before what is then said is not known.
enum Part { case all, gains, losses }

/// What becomes of a record that the Thing wants kept.
enum Fate {
    case kept
    /// The power goes before it is on the medium, or just after.
    case cutBefore, cutAfter
    /// The medium does not take it.
    case refused
}
