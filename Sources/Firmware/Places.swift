import CPlatform
import Fixed
import Linux

/// The two large values, in static memory that C keeps for them.
enum Places {
    /// False where a value has outgrown its place: a mistake in this program, which its
    /// every start would show.
    static var fit: Bool {
        MemoryLayout<Program>.size <= Int(WARD_PROGRAM_ROOM) && MemoryLayout<Block>.size <= Int(WARD_BLOCK_ROOM)
    }

    static var program: UnsafeMutablePointer<Program> {
        unsafe ward_program_place().assumingMemoryBound(to: Program.self)
    }

    static var block: UnsafeMutablePointer<Block> {
        unsafe ward_block_place().assumingMemoryBound(to: Block.self)
    }

    /// Makes the program. Apart from its caller, whose stack frame lasts: what this needs
    /// of the stack for a moment is larger than all else that ever runs.
    @inline(never)
    static func fill(_ configuration: borrowing Configuration) {
        unsafe program.initialize(to: Program(copy configuration))
        isAlive = true
    }

    /// The program has been made.
    nonisolated(unsafe) static var isAlive = false
}

/// The one program. To be used once `Places.isAlive`.
var program: Program {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(Places.program) }
    @inline(__always) unsafeMutableAddress { unsafe Places.program }
}

/// Where files pass through on their way in and out, wiped after each. All zeros, as its place is
/// at first, are an empty one.
var block: Block {
    @inline(__always) unsafeAddress { unsafe UnsafePointer(Places.block) }
    @inline(__always) unsafeMutableAddress { unsafe Places.block }
}
