import Fixed
import Linux
import TLS
import Thing

// `ward --sticker` and `ward --factory-reset`: what whoever has the board in his hands can do
// about whose it is.
extension Firmware {
    /// Prints the sticker, after a reset with a new KEY. A reset is refused while the Thing runs;
    /// what its sticker says can be seen then, too.
    static func showSticker(_ path: Path, afterReset: Bool) -> Int32 {
        var configuration = Configuration()
        guard configuration.loadAll(path, needsSecrets: false) else { return Status.configuration }
        guard Places.fit else { return system("memory") }
        Places.fill(configuration)
        var isShared = false
        if let error = program.store.open(configuration.state.bytes) {
            guard error.isInUse else {
                say(configuration.mistake(.noState(error), at: .state, configuration.state.bytes), of: path)
                return Status.configuration
            }
            if afterReset {
                say(.error, "this Thing is running, and would not notice: stop it first; its state is", configuration.state.bytes)
                return Status.inUse
            }
            isShared = true
            if program.store.open(configuration.state.bytes, shared: true) != nil { return Status.inUse }
        }
        // The state of another account is that account's.
        program.restoreState()
        if afterReset { program.thing.reset() } else if !isShared { program.thing.makeKey() }
        // Ends the process where a reset cannot be kept.
        if !isShared { program.keepState() }
        guard print(through: &block) else {
            if !afterReset { return nothingToShow() }
            say(.info, "all is forgotten; there is no KEY, since the parent stands in the configuration", Span())
            return Status.good
        }
        // After a reset this was the one time.
        if afterReset {
            program.thing.keyWasShown()
            program.keepState()
        }
        return Status.good
    }

    private static func print(through block: inout Block) -> Bool {
        block.wipe()
        block.begin()
        let isKnown = program.thing.writeSticker(to: &block)
        block.commit()
        if isKnown { StandardStream.output.write(block.bytes) }
        block.wipe()
        return isKnown
    }

    private static func nothingToShow() -> Int32 {
        if program.thing.hasConfiguredParent {
            say(.error, "nobody can claim this Thing: its parent stands in the configuration", Span())
        } else if program.thing.isOwned {
            say(.error, "this Thing has an owner, and no KEY", Span())
        } else {
            say(.error, "the KEY was shown before, and only its digest is kept: --factory-reset makes a new one", Span())
        }
        return Status.nothingRead
    }
}
