import Drivers
import Fixed
import Foundation
import Hardware
import Testing
import XMPP

@testable import Access
@testable import Linux

/// A directory laid out like /sys, removed in the end.
final class Tree {
    let root: String

    init() {
        root = FileManager.default.temporaryDirectory.path + "/ward-sysfs-\(UUID().uuidString)"
        try! FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Files under a directory, given as `name: content`.
    @discardableResult
    func add(_ directory: String, _ files: KeyValuePairs<String, String>) -> Tree {
        make(directory)
        for (name, content) in files { write("\(directory)/\(name)", content) }
        return self
    }

    func make(_ directory: String) {
        try! FileManager.default.createDirectory(atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
    }

    func write(_ path: String, _ content: String) { write(path, Data((content + "\n").utf8)) }

    func write(_ path: String, _ content: Data) { try! content.write(to: URL(fileURLWithPath: "\(root)/\(path)")) }

    /// `class/hwmon/hwmon0` → the directory where the device is, as the kernel does it.
    func link(_ path: String, to target: String) {
        make((path as NSString).deletingLastPathComponent)
        try! FileManager.default.createSymbolicLink(atPath: "\(root)/\(path)", withDestinationPath: "\(root)/\(target)")
    }

    /// A file that blocks whoever opens it.
    func block(_ path: String) {
        try? FileManager.default.removeItem(atPath: "\(root)/\(path)")
        precondition(mkfifo("\(root)/\(path)", 0o600) == 0)
    }

    /// What is in a file; nil where there is none.
    func content(_ path: String) -> String? { try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8) }

    /// All files with what is in them.
    var everything: [String: String] {
        let paths = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
        return Dictionary(uniqueKeysWithValues: paths.map { ($0, content($0) ?? "") })
    }

    func remove(_ path: String) { try! FileManager.default.removeItem(atPath: "\(root)/\(path)") }

    /// A hwmon chip on a device, with its link in the class.
    func chip(_ entry: String, on device: String, _ files: KeyValuePairs<String, String>) {
        add("devices/\(device)/hwmon/\(entry)", files)
        link("class/hwmon/\(entry)", to: "devices/\(device)/hwmon/\(entry)")
    }
}

// Foundation has one of its own.
typealias Decimal = Fixed.Decimal

typealias Outputs = Both<LED, Both<PWM, Backlight>>
typealias AllDrivers = Both<Hwmon, Both<ThermalZone, Both<IIO, Both<PowerSupply, KernelStatus>>>>
typealias DeviceDrivers = Both<Hwmon, Both<ThermalZone, Both<IIO, PowerSupply>>>

extension String {
    init<let n: Int>(_ text: Text<n>) {
        self = text.bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }
}

extension Reading {
    /// As on the wire, or `!` and why not.
    var shown: String {
        switch self {
        case .value(let value, _):
            var text = Text<40>()
            value.write(to: &text)
            return String(text)
        case .failed(let failure): return "!\(failure)"
        }
    }
}

extension WriteRequest {
    /// By a permit for everything, which the door alone can make, and a test.
    init?(_ index: Int, _ value: Value) {
        let permit = Permit(
            holder: BareJID(), operation: .write, fields: .anyField, epoch: 0, seal: 0, byRules: FieldSet())
        self.init(index, value, by: permit)
    }
}

/// The monotonic clock.
func instant() -> Instant { Instant(milliseconds: Int64(DispatchTime.now().uptimeNanoseconds / 1_000_000)) }

extension Peripherals where Self: ~Copyable {
    var names: [String] { (0..<count).map { String(field(at: $0).name) } }
}

extension SysfsPeripherals {
    static func over(
        _ tree: Tree, limit: Interval = .seconds(2), forget: (@convention(c) () -> Void)? = nil
    ) -> SysfsPeripherals {
        var sensors = SysfsPeripherals(limit: limit, forget: forget)
        let found = tree.root.utf8CString.withUnsafeBytes {
            sensors.discover(root: Span(_unsafeElements: $0.dropLast().bindMemoryPointer()))
        }
        #expect(found)
        return sensors
    }

    /// Field names with their units.
    var fields: [String: String] {
        Dictionary(uniqueKeysWithValues: (0..<count).map { (String(field(at: $0).name), String(field(at: $0).unit)) })
    }

    /// Reads some or all fields, waiting for the descriptor as the loop does; in the order of the answers.
    mutating func answers(_ wanted: FieldSet = .anyField, advance: Interval = .seconds(0)) -> [(String, String)] {
        var result: [(String, String)] = []
        func time() -> Instant { instant() + advance }
        let end = time() + .seconds(20)
        sample(wanted, now: time())
        while time() < end {
            let wake = poll(now: time())
            while case .sampled(let index, let reading) = next() {
                result.append((String(field(at: index).name), reading.shown))
            }
            switch wake {
            case .now: continue
            case .onInput: return result
            case .at(let until):
                var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = Foundation.poll(&one, 1, Int32(max(until.since(time()).milliseconds, 0)))
            }
        }
        Issue.record("the sensors did not come to an end")
        return result
    }

    /// What can be set, by name.
    var outputs: [String: Output] {
        let named = (0..<count).map { (String(field(at: $0).name), field(at: $0).output) }
        return Dictionary(uniqueKeysWithValues: named).compactMapValues { $0 }
    }

    /// The next thing that is finished, waiting as the loop does; nil where nothing is under way.
    mutating func nextReport(advance: Interval = .seconds(0)) -> String? {
        func time() -> Instant { instant() + advance }
        let end = time() + .seconds(20)
        while time() < end {
            let wake = poll(now: time())
            switch next() {
            case .sampled(let index, let reading): return "\(String(field(at: index).name)) = \(reading.shown)"
            case .written(let index, let failure):
                let known = index >= 0 && index < count
                return (known ? String(field(at: index).name) : "\(index)") + (failure.map { " !\($0)" } ?? " written")
            case .changed(let index): return "\(String(field(at: index).name)) changed"
            case nil: break
            }
            switch wake {
            case .now: continue
            case .onInput: return nil
            case .at(let until):
                var one = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = Foundation.poll(&one, 1, Int32(max(until.since(time()).milliseconds, 0)))
            }
        }
        Issue.record("the peripherals did not come to an end")
        return nil
    }

    mutating func reports() -> [String] {
        var all: [String] = []
        while let report = nextReport() { all.append(report) }
        return all
    }

    enum Written: Equatable { case done, failed(Failure), nothing }

    /// Writes an output and waits for what becomes of it.
    mutating func write(_ name: String, _ value: Value, advance: Interval = .seconds(0)) -> Written {
        guard let index = names.firstIndex(of: name) else { return .nothing }
        return write(index, value, advance: advance)
    }

    mutating func write(_ index: Int, _ value: Value, advance: Interval = .seconds(0)) -> Written {
        guard let request = WriteRequest(index, value), write(request, now: instant() + advance) else { return .nothing }
        guard let report = nextReport(advance: advance) else { return .nothing }
        if report.hasSuffix(" written") { return .done }
        for raw in UInt8(1)...10 {
            if let failure = Failure(rawValue: raw), report.hasSuffix(" !\(failure)") { return .failed(failure) }
        }
        return .nothing
    }

    mutating func values(_ wanted: FieldSet = .anyField, advance: Interval = .seconds(0)) -> [String: String] {
        Dictionary(answers(wanted, advance: advance), uniquingKeysWith: { first, _ in first })
    }
}

extension Slice where Base == UnsafeRawBufferPointer {
    func bindMemoryPointer() -> UnsafeBufferPointer<UInt8> {
        UnsafeRawBufferPointer(rebasing: self).bindMemory(to: UInt8.self)
    }
}
