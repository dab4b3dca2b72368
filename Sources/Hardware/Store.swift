import Fixed

/// Where what the Thing learnt is kept from one run to the next: one record, replaced whole.
///
/// At every instant, and so after every power cut, there is one whole record: the one before a
/// `save` or the one it was given; from its success on, that one and no earlier one.
public protocol Store: ~Copyable {
    /// Why something could not be done.
    associatedtype Failure: Equatable & Sendable

    /// Takes the place for this process alone, until another is opened or the store goes; nil, or why it cannot be
    /// had. `shared` only looks at it, also beside a process that has it: nothing is changed then.
    mutating func open(_ place: Span<UInt8>, shared: Bool) -> Failure?

    /// Brings the record into `block`. What it answers is not to be trusted further than its digest goes:
    /// whoever does not understand a whole record calls `setAside`.
    mutating func load<Crypto: Cryptography>(_: Crypto.Type, into block: inout Buffer<16_384>) -> Loading<Failure>

    /// Replaces the record; nil, or why that did not succeed: then the old one counts, unless the medium failed
    /// in the very last step. `changingHands` says that nothing of what was kept before may stay; `forget` ends that.
    mutating func save<Crypto: Cryptography>(_ record: Span<UInt8>, changingHands: Bool, _: Crypto.Type) -> Failure?

    /// Puts a record that is no use where it can be looked at, and is not loaded again.
    mutating func setAside() -> Loading<Failure>

    /// Overwrites or removes what an earlier owner left beside the record; nil, or why that is still to be done.
    /// A power cut before it is made up for by the next `load`.
    mutating func forget() -> Failure?

    /// Something of an earlier owner is still to be forgotten.
    var hasLeftovers: Bool { get }
}

/// What became of loading a record.
public enum Loading<Failure: Equatable & Sendable>: Equatable, Sendable {
    /// The record is the block's bytes from this offset on.
    case record(at: Int)
    /// There is none yet.
    case nothing
    /// There was one that is not to be trusted: it has been set aside.
    case setAside
    /// As `setAside`, but that failed: it is still in its place.
    case damaged(Failure)
    case failed(Failure)
}
