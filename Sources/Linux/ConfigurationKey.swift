import Fixed

extension Configuration {
    /// The keys of the file.
    public enum Key: UInt8, Sendable {
        case jid, password, passwordFile, resource, server, tls, ca, parent, mirror, audit, history
        case state, sysfs, log, allowPlain
        case domain, discover, registry, serial, manufacturer, model, version, deviceClass, tag
        case resetLine
        case network, interface, hostname, mount, watchdog, watchdogSeconds, timeServer, powerLine, light

        public var name: StaticString {
            switch self {
            case .jid: return "jid"
            case .password: return "password"
            case .passwordFile: return "password-file"
            case .resource: return "resource"
            case .server: return "server"
            case .tls: return "tls"
            case .ca: return "ca"
            case .parent: return "parent"
            case .mirror: return "mirror"
            case .audit: return "audit"
            case .history: return "history"
            case .state: return "state"
            case .sysfs: return "sysfs"
            case .log: return "log"
            case .allowPlain: return "allow-plain"
            case .domain: return "domain"
            case .discover: return "discover"
            case .registry: return "registry"
            case .serial: return "serial"
            case .manufacturer: return "manufacturer"
            case .model: return "model"
            case .version: return "version"
            case .deviceClass: return "class"
            case .tag: return "tag"
            case .resetLine: return "reset-line"
            case .network: return "network"
            case .interface: return "interface"
            case .hostname: return "hostname"
            case .mount: return "mount"
            case .watchdog: return "watchdog"
            case .watchdogSeconds: return "watchdog-seconds"
            case .timeServer: return "time-server"
            case .powerLine: return "power-line"
            case .light: return "light"
            }
        }

        init?(_ name: Span<UInt8>) {
            var raw: UInt8 = 0
            while let key = Key(rawValue: raw) {
                if name.equals(key.name) {
                    self = key
                    return
                }
                raw &+= 1
            }
            return nil
        }

        /// The keys that may be given again.
        var isRepeatable: Bool { self == .mirror || self == .tag }
    }
}
