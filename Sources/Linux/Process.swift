import CPlatform
import Fixed

/// The process that runs the Thing, and what surrounds it.
public enum Process {
    /// Keeps secrets inside: no core file, no reading by other processes of the
    /// same user, files private; descriptors 0 ... 2 exist; a closed pipe is no signal.
    /// Answers false where the kernel refuses one of these.
    public static func harden() -> Bool { ward_harden() == 0 }

    /// Ends the process at once; the machine's first takes the machine with it.
    public static func exit(_ status: Int32) -> Never {
        if FirstProcess.isUs { FirstProcess.leave(status) }
        ward_exit(status)
    }

    /// The arguments, each ending in NUL, without the program's name. Nil where
    /// they exceed `capacity` bytes or /proc is not there to tell them.
    public static func arguments<let capacity: Int>(_: Text<capacity>.Type) -> Text<capacity>? {
        var bytes = InlineArray<capacity, UInt8>(repeating: 0)
        let count = bytes.fill { ward_arguments($0, $1) }
        guard count >= 0 else { return nil }
        return Text<capacity>(bytes.span.extracting(first: count))
    }

    /// A variable of the environment; nil where it is not set, empty or longer than a path.
    public static func environment(_ name: StaticString) -> Path? {
        var bytes = InlineArray<255, UInt8>(repeating: 0)
        let count = bytes.fill { pointer, capacity in
            unsafe ward_environment(UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self), pointer, capacity)
        }
        guard count > 0 else { return nil }
        return Path(bytes.span.extracting(first: count))
    }

    /// The number that the kernel gave it.
    static var number: Int { Int(ward_process_number()) }

    /// Now, on the clock that timers use.
    public static var now: Instant { Instant(milliseconds: ward_clock()) }

    /// Now, by the wall clock, in milliseconds since 1970.
    public static var wallClock: Int64 { ward_wall_clock() }

    /// Gives back memory that is not needed for waiting, before a long wait.
    public static func trim() { ward_trim() }

    /// Overwrites memory, in a way that is not optimised away.
    public static func wipe(_ place: UnsafeMutableRawPointer, count: Int) {
        unsafe ward_platform_wipe(place, Int32(clamping: count))
    }

    /// A number that nobody can guess; 0 where the kernel has no randomness to give.
    /// For choosing among equals, not for secrets.
    public static func random() -> UInt32 {
        var bytes = InlineArray<4, UInt8>(repeating: 0)
        _ = bytes.fill { ward_platform_random($0, $1) }
        return UInt32(bytes[0]) | UInt32(bytes[1]) << 8 | UInt32(bytes[2]) << 16 | UInt32(bytes[3]) << 24
    }
}

/// A path: at most 255 bytes, as the platform's calls take it.
public typealias Path = Text<255>

extension InlineArray where Element == UInt8 {
    /// Lets a C function write into the array: it gets the place and the room, and
    /// answers a count, which is passed on but never exceeds the room.
    mutating func fill(_ body: (UnsafeMutablePointer<UInt8>, Int32) -> Int32) -> Int {
        var bytes = mutableSpan
        return unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return min(Int(body(base, Int32(truncatingIfNeeded: buffer.count))), buffer.count)
        }
    }
}

extension Span where Element == UInt8 {
    /// Lends the bytes to a C function. An empty span lends a place that holds one NUL.
    func lend<Result>(_ body: (UnsafePointer<UInt8>, Int32) -> Result) -> Result {
        unsafe withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else {
                let nothing: StaticString = ""
                return body(nothing.utf8Start, 0)
            }
            return body(base, Int32(truncatingIfNeeded: buffer.count))
        }
    }
}

/// A system call's error, of which only the words matter outside this folder.
public struct SystemError: Equatable, Sendable {
    let number: Int32

    /// The meaning, for the log.
    public func words(to sink: inout some ByteSink & ~Copyable) {
        guard let text = ward_error_words(number) else { return }
        var i = 0
        while unsafe text[i] != 0 {
            sink.put(UInt8(bitPattern: unsafe text[i]))
            i &+= 1
        }
    }

    /// True where another process has the state.
    public var isInUse: Bool { number == ward_is_locked }

    /// True where the file or directory is not there.
    public var isMissing: Bool { ward_error_is_missing(number) == 1 }
}
