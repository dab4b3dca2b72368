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
        Usage: ward [--config FILE] [--check | --describe | --once | --sticker | --factory-reset | --version | --help]

          --config FILE    read FILE in place of /etc/ward.conf
          --check          say what is wrong with the configuration, and end
          --describe       print fields, capacities and memory, and end
          --once           read all fields, print them, and end
          --sticker        print what stands on the sticker, the KEY included, and end
          --factory-reset  forget the owner, his friends and all he said; print a new sticker, and end
          --version        print the version, and end
          --help           print this, and end

        """
    }

    /// Reads every field: `name TAB value unit`, or the failure in words. 0 where at
    /// least one gave a value.
    static func readOnce<P: Peripherals & ~Copyable>(_ peripherals: inout P, _ clock: inout some TimeSource) -> Int32 {
        var values = 0
        peripherals.sample(.anyField, now: clock.now)
        while true {
            var report: Report?
            let wake = step(&peripherals, clock.now, &report)
            if case .sampled(let index, let reading) = report {
                if case .value = reading { values &+= 1 }
                tell(peripherals.field(at: index), reading, through: &block)
                continue
            }
            if report == nil && wake == .onInput { break }
            guard clock.pass(until: wake, or: peripherals.descriptor) else { return Status.system }
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
    static func describe<P: Peripherals & ~Copyable>(_ peripherals: inout P) {
        for index in 0..<peripherals.count { tell(peripherals.field(at: index), through: &block) }
        for index in 0..<peripherals.count {
            let field = peripherals.field(at: index)
            if let output = field.output { tell(output, of: field, through: &block) }
        }
        for index in 0..<Capacity.lines { tell(Capacity.line(index), through: &block) }
        tell("capacity\tfields without room", peripherals.skipped, through: &block)
        tell("capacity\tstate record", StateStore.recordLimit, through: &block)
        tell("memory\tprogram", MemoryLayout<Program>.size, through: &block)
        tell("memory\tperipherals", MemoryLayout<P>.size, through: &block)
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

    /// What can be set, under its field's name: `output TAB name TAB unit TAB least TAB greatest`.
    private static func tell(_ output: Output, of field: Field, through block: inout Block) {
        block.begin()
        block.put("output\t")
        block.put(field.name.bytes)
        block.put(0x09)
        block.put(field.unit.bytes)
        block.put(0x09)
        Decimal(output.minimum, scale: output.scale).write(to: &block)
        block.put(0x09)
        Decimal(output.maximum, scale: output.scale).write(to: &block)
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
