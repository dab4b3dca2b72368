import Fixed
import Linux
import Thing

/// What surrounds the Thing where there is no system to do so: its machine's network. Does nothing where there is one.
struct Surroundings: ~Copyable {
    private let place = InPlace()
    private var network = Network()

    /// Brings about what the program cannot begin without; false where that cannot be.
    @inline(never)
    static func areReady(_ configuration: borrowing Configuration) -> Bool {
        guard FirstProcess.isUs else { return true }
        FirstProcess.name(configuration.machine.hostname.bytes)
        if let mount = configuration.machine.mount, !FirstProcess.mount(mount) { return false }
        FirstProcess.waitForDevice(configuration.state.bytes)
        return true
    }

    /// To connect now would be in vain.
    func holdsConnection(_ now: Instant) -> Bool { network.isPending(now) }

    mutating func begin(_ settings: MachineSettings, now: Instant, poller: Poller) {
        network.begin(settings.network, interface: settings.interface, now: now, poller: poller, source: Program.Source.network)
    }

    mutating func turn(_ ready: Poller.Ready, now: Instant, poller: Poller, journal: inout Journal) -> Network.Event {
        FirstProcess.reap()
        return network.turn(
            ready.readable(Program.Source.network), now: now, poller: poller, source: Program.Source.network, journal: &journal)
    }

    var wake: Wake { network.wake }
}

extension Program.Source {
    static var network: Int32 { 8 }
}

extension Program {
    /// Starts what surrounds the Thing, right before the loop.
    mutating func settle(now: Instant) {
        guard FirstProcess.isUs else { return }
        surroundings.begin(configuration.machine, now: now, poller: poller)
    }

    /// Ends a turn: sees to what surrounds the Thing, and says when to turn again for that.
    mutating func attend(_ ready: Poller.Ready, now: Instant) -> Wake {
        guard FirstProcess.isUs else { return .onInput }
        let event = surroundings.turn(ready, now: now, poller: poller, journal: &thing.journal)
        thing.journal.drain()
        switch event {
        case .nothing: return surroundings.wake
        case .reachable: thing.networkAppeared(now: now)
        case .replaced:
            if case .idle = line {} else { lost(.reset, now) }
            thing.networkAppeared(now: now)
        }
        return .now
    }
}
