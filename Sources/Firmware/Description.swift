import Access
import CPlatform
import Fixed
import Hardware
import Linux
import Readout
import TLS
import Thing

extension Firmware {
    static var usage: StaticString {
        """
        Usage: ward [--config FILE] [--check | --describe | --once | --version | --help]

          --config FILE  read FILE in place of /etc/ward.conf
          --check        say what is wrong with the configuration, and end
          --describe     print fields, capacities and memory, and end
          --once         read all sensors, print them, and end
          --version      print the version, and end
          --help         print this, and end

        """
    }

    /// Reads every sensor: `name TAB value unit`, or the failure in words. 0 where at
    /// least one gave a value.
    static func readOnce<S: Sensors & ~Copyable>(_ sensors: inout S) -> Int32 {
        guard let poller = Poller() else { return Status.system }
        if sensors.descriptor >= 0 { poller.add(sensors.descriptor, as: Program.Source.sensors, for: .reading) }
        var values = 0
        sensors.sample(.anyField, now: Process.now)
        while true {
            var wake = sensors.poll(now: Process.now)
            while let sample = sensors.next() {
                let field = sensors.field(at: sample.index)
                var line = Text<256>()
                line.append(field.name.bytes)
                line.append(0x09)
                switch sample.reading {
                case .failed(let failure): line.append(failure.words)
                case .value(let value):
                    values &+= 1
                    switch value {
                    case .numeric(let decimal): decimal.write(to: &line)
                    case .boolean(let boolean): line.append(boolean ? "true" : "false")
                    case .string(let text): line.append(text.bytes)
                    }
                    if !field.unit.isEmpty {
                        line.append(0x20)
                        line.append(field.unit.bytes)
                    }
                }
                line.append(0x0A)
                StandardStream.output.write(line.bytes)
                wake = sensors.poll(now: Process.now)
            }
            if wake == .onInput { break }
            guard poller.wait(wake, now: Process.now) != nil else { return Status.system }
        }
        return values > 0 ? Status.good : Status.nothingRead
    }

    /// Fields, capacities, and the memory they take: facts fixed when the program is
    /// built, but for the arena's peak.
    static func describe<S: Sensors & ~Copyable>(_ sensors: inout S) {
        for index in 0..<sensors.count {
            let field = sensors.field(at: index)
            var line = Text<128>()
            line.append("field\t")
            line.append(field.name.bytes)
            line.append(0x09)
            line.append(field.unit.bytes)
            line.append(0x0A)
            StandardStream.output.write(line.bytes)
        }
        tell("capacity\tfields", FieldSet.capacity)
        tell("capacity\tfields without room", sensors.skipped)
        tell("capacity\tstate record", StateStore.recordLimit)
        tell("memory\tprogram", MemoryLayout<Program>.size)
        tell("memory\tsensors", MemoryLayout<S>.size)
        tell("memory\tfile block", MemoryLayout<FileBlock>.size)
        tell("memory\tC arena", Int(clamping: ward_arena_size()))
        tell("memory\tC arena, peak until now", Int(clamping: ward_arena_peak()))
    }

    private static func tell(_ what: StaticString, _ number: Int) {
        var line = Text<128>()
        line.append(what)
        line.append(0x09)
        line.put(decimal: number)
        line.append(0x0A)
        StandardStream.output.write(line.bytes)
    }
}
