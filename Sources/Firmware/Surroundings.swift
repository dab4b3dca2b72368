import Fixed
import Hardware
import Linux
import Thing

/// What surrounds the Thing: who watches over the program, and what shows how it is. And where there is no system to do so,
/// the machine's network, its clock and the button that switches it off.
struct Surroundings: ~Copyable {
    private let place = InPlace()
    private let isFirst = FirstProcess.isUs
    private var network = Network()
    private var clock = Clock()
    private var powerLine = PowerLine()
    private var machineDog = Feeding(WatchdogDevice())
    private var serviceDog = Feeding(ServiceWatchdog())
    private var light = Signalling(BoardLight.none)
    /// A test's wish, see `FirstProcess.hang`.
    private var hangs: Instant?

    /// Brings about what the program cannot begin without; false where that cannot be.
    @inline(never)
    static func areReady(_ configuration: borrowing Configuration) -> Bool {
        guard FirstProcess.isUs else { return true }
        FirstProcess.name(configuration.machine.hostname.bytes)
        Network.switchOn(configuration.machine.network, interface: configuration.machine.interface.bytes)
        if let mount = configuration.machine.mount, !FirstProcess.mount(mount) { return false }
        FirstProcess.waitForDevice(configuration.state.bytes)
        return true
    }

    /// To connect now would be in vain.
    func holdsConnection(_ now: Instant) -> Bool { network.isPending(now) }

    /// Right before the loop.
    @inline(never)
    mutating func begin(
        _ settings: borrowing MachineSettings, now: Instant, poller: Poller, journal: inout Journal
    ) {
        if let place = settings.light {
            if let light = BoardLight(place) {
                self.light = Signalling(light)
            } else {
                journal.log(.error, "the light cannot be had")
            }
        }
        guard isFirst else { return }
        network.begin(settings.network, interface: settings.interface, now: now, poller: poller, source: Program.Source.network)
        clock.begin()
        if let line = settings.powerLine, let error = powerLine.begin(line, poller: poller, source: Program.Source.power) {
            complain("the power line cannot be had: ", error, &journal)
        }
        if !settings.watchdog.isEmpty {
            var dog = WatchdogDevice()
            if let error = dog.open(settings.watchdog.bytes, seconds: settings.watchdogSeconds) {
                if settings.watchdogIsNamed || !error.isMissing { complain("the watchdog cannot be had: ", error, &journal) }
            } else {
                journal.log(.info, "a watchdog resets this machine, should this program hang:", settings.watchdog.bytes)
                machineDog = Feeding(dog)
            }
        }
        if let seconds = FirstProcess.hang {
            journal.log(.warning, "this program is going to hang, as the kernel's command line says (ward.hang)")
            hangs = now + .seconds(min(seconds, 86_400))
        }
    }

    private func complain(_ words: StaticString, _ error: SystemError, _ journal: inout Journal) {
        journal.begin(.error)
        journal.put(words)
        journal.put(error)
        journal.end()
    }

    /// The network's and the clock's turn, where they are ours.
    mutating func turn(
        _ ready: Poller.Ready, now: Instant, poller: Poller, timeServer: borrowing Text<63>, resolver: inout Resolver, mayResolve: Bool,
        journal: inout Journal, wake: inout Wake
    ) -> Network.Event {
        guard isFirst else { return .nothing }
        FirstProcess.reap()
        let source = Program.Source.network
        let event = network.turn(ready.readable(source), now: now, poller: poller, source: source, journal: &journal)
        if event != .nothing { clock.networkAppeared(offered: network.timeServer, named: !timeServer.isEmpty, now: now) }
        wake = wake.earlier(network.wake).earlier(clock.turn(
            now: now, poller: poller, source: Program.Source.clock, resolver: &resolver, resolverSource: Program.Source.resolver,
            mayResolve: mayResolve, host: timeServer, journal: &journal))
        return event
    }

    /// True where somebody wants the machine to be switched off.
    var isToBeOff: Bool { powerLine.wasPressed() }

    /// The program has gone all the way round.
    mutating func turned(_ condition: Condition, now: Instant) -> Wake {
        if let hangs, now >= hangs { FirstProcess.sleepForEver() }
        let wake = light.show(condition, now: now).earlier(machineDog.turned(now: now)).earlier(serviceDog.turned(now: now))
        guard let hangs else { return wake }
        return wake.earlier(.at(hangs))
    }

    /// The program ends. Over a reboot the machine's watchdog goes on: one that hangs is ended by it, too.
    mutating func end() {
        _ = light.show(.off, now: Process.now)
        serviceDog.end()
        if !(isFirst && FirstProcess.isRebooting) { machineDog.end() }
    }
}

extension Program.Source {
    static var network: Int32 { 8 }
    static var power: Int32 { 9 }
    static var clock: Int32 { 10 }
}

extension Program {
    /// Starts what surrounds the Thing, right before the loop.
    mutating func settle(now: Instant) {
        surroundings.begin(configuration.machine, now: now, poller: poller, journal: &thing.journal)
        thing.journal.drain()
    }

    /// Ends a turn: sees to what surrounds the Thing, and says when to turn again for that.
    @inline(never)
    mutating func attend(_ ready: Poller.Ready, now: Instant) -> Wake {
        var wake = Wake.onInput
        let event = surroundings.turn(
            ready, now: now, poller: poller, timeServer: configuration.machine.timeServer, resolver: &resolver, mayResolve: !isResolving,
            journal: &thing.journal, wake: &wake)
        if event != .nothing {
            // What is on its way to a server that could not be reached may wait for long before it tries again.
            if event == .replaced ? hasBegun : isResolving { lost(event == .replaced ? .reset : .unreachable, now) }
            thing.networkAppeared(now: now)
            wake = .now
        }
        if surroundings.isToBeOff {
            thing.journal.log(.info, "the power button was pressed")
            FirstProcess.ask(.powerOff)
            thing.stop(now: now)
            wake = .now
        }
        thing.journal.drain()
        return wake.earlier(surroundings.turned(condition, now: now))
    }

    private var condition: Condition { unkept ? .fault : thing.isOnline ? .online : .connecting }

    /// The connection is being had, or is there.
    private var hasBegun: Bool {
        if case .idle = line { false } else { true }
    }

    /// The resolver works for the connection.
    private var isResolving: Bool {
        switch line {
        case .discovering, .resolving, .connecting: true
        case .idle, .plain, .handshaking, .secure, .closing, .finished: false
        }
    }
}
