import Hardware
import Linux

/// What a board's Board.swift lists, as one: first what can be switched, then chips, then what the kernel shows.
public typealias Assembly<Things: Lines, Parts: Chips, Kernel: Driver> = Together<
    LinePeripherals<Things>, Together<ChipPeripherals<ChipsInChild<Parts>>, SysfsPeripherals<Kernel>>
>

extension Firmware {
    /// Puts a board together. Before anything is read that could be a secret: this forks, a pair of
    /// children for the chips and one for the kernel's files.
    ///
    /// `serve` lets the chips' drivers answer in their child; the board's main.swift has them where that child finds them.
    @inline(__always)
    public static func assemble<Things: Lines, Parts: Chips, Kernel: Driver>(
        lines: Things, chips: Parts, kernel: Kernel.Type,
        serve: @convention(c) (UnsafePointer<UInt8>?, Int32, UnsafeMutablePointer<UInt8>?, Int32) -> Int32
    ) -> Assembly<Things, Parts, Kernel> {
        let watch = Watch(), lineWatch = Watch()
        let things = LinePeripherals(lines, descriptor: lineWatch.descriptor) { lineWatch.add($0) }
        let host = ChipsInChild(chips, serve: serve, forget: forget)
        let files = SysfsPeripherals<Kernel>(forget: forget)
        watch.add(lineWatch.descriptor)
        watch.add(host.descriptor)
        watch.add(files.descriptor)
        return Together(
            things, Together(ChipPeripherals(host), files, descriptor: -1), descriptor: watch.descriptor)
    }
}
