import CPlatform
import Fixed

/// A TCP connection, or the attempt at one. Nothing here waits. A handle: whoever
/// opened it closes it.
public struct Socket: Equatable, Sendable {
    public let descriptor: Int32

    public enum Failure: Equatable, Sendable {
        case refused, unreachable, timedOut, reset
    }

    public enum Opening: Sendable {
        case opening(Socket)
        case failed(Failure)
    }

    public enum Receiving: Equatable, Sendable {
        /// So many bytes, at least 1.
        case bytes(Int)
        case nothingYet
        /// The peer will send nothing more.
        case end
        case failed(Failure)
    }

    public enum Sending: Equatable, Sendable {
        /// So many bytes are on their way, at least 1.
        case bytes(Int)
        case noRoom
        case failed(Failure)
    }

    /// Starts connecting; the socket is writable once that has ended.
    public static func connect(to address: Address) -> Opening {
        let descriptor = address.octets.span.lend { bytes, _ in
            ward_connect(Int32(address.family), bytes, Int32(address.port))
        }
        return descriptor < 0 ? .failed(Failure(descriptor)) : .opening(Socket(descriptor: descriptor))
    }

    /// Nil where the connection stands.
    public var connectionFailure: Failure? {
        let result = ward_connect_result(descriptor)
        return result == 0 ? nil : Failure(result)
    }

    /// Receives into the front of `bytes`, at most `limit`, which is at least 1.
    public func receive(into bytes: inout MutableSpan<UInt8>, limit: Int = .max) -> Receiving {
        let descriptor = self.descriptor
        let count = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return ward_later }
            return ward_receive(descriptor, base, Int32(clamping: min(buffer.count, limit)))
        }
        if count > 0 { return .bytes(Int(count)) }
        if count == 0 { return .end }
        return count == ward_later ? .nothingYet : .failed(Failure(count))
    }

    public func send(_ bytes: Span<UInt8>) -> Sending {
        let descriptor = self.descriptor
        let count = bytes.lend { ward_send(descriptor, $0, $1) }
        if count > 0 { return .bytes(Int(count)) }
        return count == 0 || count == ward_later ? .noRoom : .failed(Failure(count))
    }

    /// Says that nothing more will be sent.
    public func finish() { ward_finish(descriptor) }

    public func close() { ward_close(descriptor) }
}

extension Socket.Failure {
    fileprivate init(_ error: Int32) {
        if error == ward_refused {
            self = .refused
        } else if error == ward_timed_out {
            self = .timedOut
        } else if error == ward_reset || error == ward_broken {
            self = .reset
        } else {
            self = .unreachable
        }
    }

    public var words: StaticString {
        switch self {
        case .refused: return "connection refused"
        case .unreachable: return "unreachable"
        case .timedOut: return "timed out"
        case .reset: return "connection reset"
        }
    }
}
