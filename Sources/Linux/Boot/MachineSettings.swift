import Fixed

/// What the configuration says of the machine. But for `light` it counts only where this is the machine's first process.
public struct MachineSettings: Sendable {
    public var network = NetworkPlan()
    /// Empty: the first there is.
    public var interface = Text<15>()
    public var hostname = Text<31>("ward")
    /// Where the state's file system is; nil: there is nothing to be mounted.
    public var mount: MountPlan?
    /// Empty: none.
    public var watchdog = Text<31>("/dev/watchdog")
    /// The configuration names it: that it is missing is then worth a word.
    public var watchdogIsNamed = false
    /// After so many seconds without being fed the watchdog resets.
    public var watchdogSeconds = 30
    /// A host or its address; empty: what DHCP says.
    public var timeServer = Text<63>()
    /// The button that switches the machine off.
    public var powerLine: GPIOLine?
    /// What shows how the Thing is.
    public var light: LightPlace?

    public init() {}

    /// Takes a value up; answers what is wrong with it.
    @inline(never)
    mutating func set(_ key: Configuration.Key, _ value: Span<UInt8>) -> Mistake.Kind? {
        switch key {
        case .network:
            guard let plan = NetworkPlan(value) else { return .notNetwork }
            network = plan
        case .interface:
            // What the kernel takes for one (dev_valid_name).
            guard let name = Text<15>(value), value.firstIndex(of: 0x2F) == nil, value.firstIndex(of: 0x20) == nil, value[0] != 0x2E
            else { return .notName }
            interface = name
        case .hostname:
            // One label (RFC 1123 §2.1).
            guard HostName(domain: value) != nil, value.firstIndex(of: 0x2E) == nil, let name = Text<31>(value) else { return .notName }
            hostname = name
        case .mount:
            guard let plan = MountPlan(value) else { return .notMount }
            mount = plan
        case .watchdog:
            watchdog = Text()
            if value.equals("none") { return nil }
            guard value[0] == 0x2F, let path = Text<31>(value) else { return .notPath }
            watchdog = path
            watchdogIsNamed = true
        case .watchdogSeconds:
            guard let seconds = value.decimalNumber, seconds >= 5 && seconds <= 3600 else { return .notSeconds }
            watchdogSeconds = seconds
        case .timeServer:
            guard let host = Text<63>(value), Address(value) != nil || HostName(domain: value) != nil else { return .notHost }
            timeServer = host
        case .powerLine:
            powerLine = GPIOLine(value)
            return powerLine == nil ? .notLine : nil
        case .light:
            light = LightPlace(value)
            return light == nil ? .notLight : nil
        default: break
        }
        return nil
    }
}
