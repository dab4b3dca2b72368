import Bench
import Drivers
import Hardware
import Testing

@testable import Access
@testable import Linux

/// Two ways to look at a kernel's files, and drivers that cannot tell which it is.
@Suite("Files on the bench")
struct BenchFilesTests {
    private static let lines: StaticString = """
        class/hwmon/hwmon0 ->/sys/devices/platform/soc/1f000000.i2c/i2c-0/0-0048/hwmon/hwmon0
        class/hwmon/hwmon0/name tmp75
        class/hwmon/hwmon0/temp1_input 23500
        class/hwmon/hwmon0/temp2_input -4250
        class/hwmon/hwmon0/temp2_label Outside
        class/hwmon/hwmon1 ->/sys/devices/platform/fan/hwmon/hwmon1
        class/hwmon/hwmon1/name pwmfan
        class/hwmon/hwmon1/fan1_input 900
        class/thermal/thermal_zone0/type cpu-thermal
        class/thermal/thermal_zone0/temp 41000
        """

    /// The same as a tree of real files.
    private func tree() -> Tree {
        let tree = Tree()
        for line in String(describing: Self.lines).split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            if parts[1].hasPrefix("->") {
                let target = String(parts[1].dropFirst("->/sys/".count))
                tree.make(target)
                tree.link(parts[0], to: target)
            } else {
                let folder = parts[0].split(separator: "/").dropLast().joined(separator: "/")
                tree.add(folder, [:])
                tree.write(parts[0], parts[1])
            }
        }
        return tree
    }

    private typealias Kernel = Both<Hwmon, ThermalZone>

    @Test("drivers find the same channels under the same names as in a real tree")
    func same() {
        var files = BenchFiles(Self.lines)
        var catalogue = Catalogue()
        Kernel.declare(in: &catalogue, from: &files)
        var names: [String] = []
        for index in 0..<catalogue.count {
            var text = Text<64>()
            text.append(catalogue.name(index))
            names.append(String(text))
        }
        let real = SysfsPeripherals<Kernel>.over(tree())
        #expect(names == real.names)
        #expect(Set(names) == ["tmp75 temperature 1", "Outside", "pwmfan fan", "cpu-thermal temperature"])
    }

    @Test("what is not there is gone, and a path that cannot be one is as one that is not there")
    func missing() {
        var files = BenchFiles(Self.lines)
        let nothing = files.read(("class/hwmon/hwmon9" as StaticString).bytes, "/name")
        #expect(nothing == .gone)
        let half = files.read(("class/hwmon/hwmon" as StaticString).bytes, "")
        #expect(half == .gone)
        let isThere = files.resolve(("class/hwmon" as StaticString).bytes, "/hwmon9")
        #expect(!isThere)
        var long = Text<255>()
        for _ in 0..<250 { long.append(0x61) }
        let tooLong = files.read(long.bytes, "/temp1_input")
        #expect(tooLong == .gone)
        let isFound = files.find(after: Span(), in: ("class/nothing" as StaticString).bytes)
        #expect(!isFound)
    }
}
