import Fixed
import Hardware
import Linux
import TLS
import Thing

// What the Thing learnt, from one run to the next.
extension Program {
    /// Opens the place for the state; nil, or why it cannot be one.
    mutating func openStore() -> Mistake? {
        if let error = store.open(configuration.state.bytes) {
            if error.isInUse { return configuration.mistake(.inUse, at: .state, configuration.state.bytes) }
            return configuration.mistake(.noState(error), at: .state, configuration.state.bytes)
        }
        return nil
    }

    /// Takes up what was kept. What cannot be read is set aside, and the Thing starts
    /// without it: it then knows no friends until its server tells it of them.
    mutating func restoreState() { restore(through: &block) }

    private mutating func restore(through block: inout Block) {
        var result = store.load(MbedCryptography.self, into: &block)
        if case .record(let offset) = result {
            if thing.restore(block.bytes.extracting(droppingFirst: offset)) {
                block.wipe()
                return
            }
            result = store.setAside()
        }
        block.wipe()
        switch result {
        case .record, .nothing: break
        case .setAside:
            thing.journal.log(.error, "the state cannot be read and was set aside:", store.asideName.bytes)
        case .damaged(let error): complain("the state cannot be read, nor set aside: ", error)
        case .failed(let error): complain("the state cannot be read: ", error)
        }
        thing.journal.drain()
    }

    /// Keeps what changed, before anything that depends on it leaves.
    mutating func keepState() {
        if thing.stateChanged { keep(through: &block) }
    }

    /// What could not be kept is tried again now and then: the medium may be itself again, and
    /// what is only in memory, such as a count of wrong KEYs, is not to wait for the next change.
    mutating func keepAgain(_ now: Instant) {
        guard unkept else { keepsAgain = nil; return }
        if let time = keepsAgain, time <= now { keep(through: &block) }
        if let time = keepsAgain, now < time { return }
        keepsAgain = unkept ? now + Self.pause : nil
    }

    private static var pause: Interval { .seconds(10) }

    var keepingWake: Wake {
        if let keepsAgain { .at(keepsAgain) } else { .onInput }
    }

    /// The last time.
    mutating func keepAtTheEnd() {
        if thing.stateChanged || unkept { keep(through: &block) }
    }

    @inline(never)
    private mutating func keep(through block: inout Block) {
        block.wipe()
        block.begin()
        let changesHands = thing.mustBeKept
        thing.saveState(to: &block)
        var isKept = false
        if !block.commit() {
            thing.journal.log(.error, "the state is too large to be kept")
            unkept = true
        } else if let error = store.save(block.bytes, changingHands: changesHands, MbedCryptography.self) {
            if !unkept { complain("the state cannot be kept: ", error) }
            unkept = true
        } else {
            if unkept { thing.journal.log(.info, "the state is kept again") }
            unkept = false
            isKept = true
        }
        thing.stateKept(!unkept)
        block.wipe()
        // Nobody has heard of it, and what was kept before says who the owner is.
        if changesHands && !isKept { abandon("so the Thing does not change hands; ending, to begin again as it was") }
        if isKept && (changesHands || store.hasLeftovers), let error = store.forget() {
            complain("what an earlier owner left in the state cannot be overwritten yet: ", error)
        }
    }

    private mutating func abandon(_ words: StaticString) -> Never {
        thing.journal.log(.error, words)
        thing.journal.drain()
        forget()
        Process.exit(Firmware.Status.inputOutput)
    }

    private mutating func complain(_ words: StaticString, _ error: SystemError) {
        thing.journal.begin(.error)
        thing.journal.put(words)
        thing.journal.put(error)
        thing.journal.end()
    }
}
