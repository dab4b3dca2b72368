import CPlatform
import Linux

/// The two large values, in static memory that C keeps for them.
enum Places {
    /// False where a value has outgrown its place: a mistake in this program, which its
    /// every start would show.
    static var fit: Bool {
        MemoryLayout<Program>.size <= Int(WARD_PROGRAM_ROOM) && MemoryLayout<FileBlock>.size <= Int(WARD_BLOCK_ROOM)
    }

    static var program: UnsafeMutablePointer<Program> {
        unsafe ward_program_place().assumingMemoryBound(to: Program.self)
    }

    static var block: UnsafeMutablePointer<FileBlock> {
        unsafe ward_block_place().assumingMemoryBound(to: FileBlock.self)
    }

    /// The program has been made.
    nonisolated(unsafe) static var isAlive = false
}

/// A file's content: the configuration, the authorities or the state.
typealias FileBlock = Block<16_384>

/// The one program. To be used once `Places.isAlive`.
var program: Program {
    @inline(__always) _read { yield unsafe Places.program.pointee }
    @inline(__always) _modify { yield unsafe &Places.program.pointee }
}

/// Where files pass through on their way in and out, wiped after each. All zeros, as its place is
/// at first, is an empty block.
var block: FileBlock {
    @inline(__always) _read { yield unsafe Places.block.pointee }
    @inline(__always) _modify { yield unsafe &Places.block.pointee }
}
