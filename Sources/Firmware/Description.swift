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
            var sample: Sample?
            let wake = step(&sensors, Process.now, &sample)
            if let sample {
                if case .value = sample.reading { values &+= 1 }
                tell(sensors.field(at: sample.index), sample.reading, through: &block)
                continue
            }
            if wake == .onInput { break }
            guard poller.wait(wake, now: Process.now) != nil else { return Status.system }
        }
        return values > 0 ? Status.good : Status.nothingRead
    }

    private static func tell(_ field: Field, _ reading: Reading, through block: inout Block) {
        block.clear()
        block.begin()
        block.put(field.name.bytes)
        block.put(0x09)
        switch reading {
        case .failed(let failure): block.put(failure.words)
        case .value(let value, _):
            value.write(to: &block)
            if !field.unit.isEmpty {
                block.put(0x20)
                block.put(field.unit.bytes)
            }
        }
        finish(&block)
    }

    /// Writes the line that was begun.
    private static func finish(_ block: inout Block) {
        block.put(0x0A)
        block.commit()
        StandardStream.output.write(block.bytes)
        block.clear()
    }

    /// Fields, capacities, and the memory they take: facts fixed when the program is
    /// built, but for the arena's peak.
    static func describe<S: Sensors & ~Copyable>(_ sensors: inout S) {
        for index in 0..<sensors.count { tell(sensors.field(at: index), through: &block) }
        for index in 0..<Capacity.lines { tell(Capacity.line(index), through: &block) }
        tell("capacity\tfields without room", sensors.skipped, through: &block)
        tell("capacity\tstate record", StateStore.recordLimit, through: &block)
        tell("memory\tprogram", MemoryLayout<Program>.size, through: &block)
        tell("memory\tsensors", MemoryLayout<S>.size, through: &block)
        tell("memory\tfile block", MemoryLayout<Block>.size, through: &block)
        tell("memory\tC arena", Int(clamping: ward_arena_size()), through: &block)
        tell("memory\tC arena, peak until now", Int(clamping: ward_arena_peak()), through: &block)
    }

    private static func tell(_ field: Field, through block: inout Block) {
        block.begin()
        block.put("field\t")
        block.put(field.name.bytes)
        block.put(0x09)
        block.put(field.unit.bytes)
        finish(&block)
    }

    /// `capacity TAB what TAB how many TAB bytes of the program`, these where they are its own.
    private static func tell(_ capacity: Capacity, through block: inout Block) {
        block.begin()
        block.put("capacity\t")
        block.put(capacity.what)
        block.put(0x09)
        block.put(decimal: capacity.count)
        if capacity.bytes > 0 {
            block.put(0x09)
            block.put(decimal: capacity.bytes)
        }
        finish(&block)
    }

    @inline(never)
    private static func tell(_ what: StaticString, _ number: Int, through block: inout Block) {
        block.begin()
        block.put(what)
        block.put(0x09)
        block.put(decimal: number)
        finish(&block)
    }
}
