import Fixed
import Foundation
import Testing

@testable import Linux

/// What arrives at a datagram socket of the service manager's kind; `name` begins with
/// `/` or, for an abstract one, with `@`.
private final class ManagerSocket {
    private let descriptor: Int32

    init(_ name: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(name.utf8)
        if bytes[0] == 0x40 { bytes[0] = 0 } else { bytes.append(0) }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let size = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, size) }
        }
        try #require(bound == 0)
        var limit = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(descriptor) }

    func next() -> String? {
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count < 0 ? nil : String(decoding: buffer[0..<count], as: UTF8.self)
    }
}

@Suite struct ServiceNoticeTests {
    let folder = Folder()

    @Test func aSocketOfEitherKindIsTold() throws {
        for name in [folder.path + "/notify", "@ward-test-\(getpid())"] {
            let manager = try ManagerSocket(name)
            let notice = ServiceNotice(socket: Path(name))
            notice.ready()
            #expect(manager.next() == "READY=1")
            let before = DispatchTime.now().uptimeNanoseconds / 1000
            notice.reloading()
            let reloading = try #require(manager.next()).split(separator: "\n")
            #expect(reloading[0] == "RELOADING=1")
            let microseconds = try #require(UInt64(reloading[1].dropFirst("MONOTONIC_USEC=".count)))
            #expect(microseconds >= before && microseconds < before + 5_000_000)
            notice.stopping()
            #expect(manager.next() == "STOPPING=1")
        }
    }

    @Test func aSocketThatIsNotThereHarmsNobody() {
        ServiceNotice(socket: Path("/nonexistent/notify")).ready()
        ServiceNotice(socket: Path("no-path")).ready()
        ServiceNotice(socket: Path("/" + String(repeating: "x", count: 200))).ready()
    }
}

@Suite struct SocketTests {
    /// A listening socket on loopback and its port.
    private func listener() throws -> (Int32, UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        try #require(bound && listen(descriptor, 1) == 0)
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// Connects and waits for the attempt's end; nil where it was refused at once.
    private func connected(_ port: UInt16) throws -> (Socket, Poller)? {
        guard case .opening(let socket) = Socket.connect(to: .loopback4(port: port)) else { return nil }
        let poller = try #require(Poller())
        #expect(poller.add(socket.descriptor, as: 5, for: .writing))
        let ready = try #require(poller.wait(.at(Process.now + .seconds(5)), now: Process.now))
        #expect(ready.writable(5) && !ready.writable(4))
        return (socket, poller)
    }

    private func received(_ socket: Socket) -> (Socket.Receiving, [UInt8]) {
        var room = [UInt8](repeating: 0, count: 100)
        var span = room.mutableSpan
        let result = socket.receive(into: &span, limit: 3)
        guard case .bytes(let count) = result else { return (result, []) }
        return (result, Array(room[0..<count]))
    }

    @Test func bytesGoBothWaysAndTheEndIsSeen() throws {
        let (listening, port) = try listener()
        defer { close(listening) }
        let (socket, poller) = try #require(try connected(port))
        defer { socket.close() }
        #expect(socket.connectionFailure == nil)
        let peer = accept(listening, nil, nil)
        #expect(received(socket).0 == .nothingYet)
        #expect(write(peer, "abcd", 4) == 4)
        poller.change(socket.descriptor, as: 6, for: .reading)
        let ready = try #require(poller.wait(.at(Process.now + .seconds(5)), now: Process.now))
        #expect(ready.readable(6) && !ready.writable(6))
        #expect(received(socket).1 == Array("abc".utf8))
        #expect(received(socket).1 == Array("d".utf8))
        #expect(socket.send(Array("xyz".utf8).span) == .bytes(3))
        socket.finish()
        var buffer = [UInt8](repeating: 0, count: 10)
        #expect(recv(peer, &buffer, 10, 0) == 3 && recv(peer, &buffer, 10, 0) == 0)
        close(peer)
        _ = poller.wait(.at(Process.now + .seconds(5)), now: Process.now)
        #expect(received(socket).0 == .end)
    }

    @Test func aClosedPortIsARefusal() throws {
        let (listening, port) = try listener()
        close(listening)
        switch Socket.connect(to: .loopback4(port: port)) {
        case .failed(let failure): #expect(failure == .refused)
        case .opening(let socket):
            let poller = try #require(Poller())
            poller.add(socket.descriptor, as: 0, for: .writing)
            _ = poller.wait(.at(Process.now + .seconds(5)), now: Process.now)
            #expect(socket.connectionFailure == .refused)
            socket.close()
        }
    }

    @Test func aReaderWhoNeverReadsFillsTheKernelAndThatIsSaid() throws {
        let (listening, port) = try listener()
        defer { close(listening) }
        let (socket, _) = try #require(try connected(port))
        defer { socket.close() }
        let chunk = [UInt8](repeating: 7, count: 65_536)
        var result = Socket.Sending.bytes(0)
        for _ in 0..<10_000 {
            result = socket.send(chunk.span)
            if result == .noRoom { break }
        }
        #expect(result == .noRoom)
    }
}

@Suite struct AddressTests {
    @Test func bothFamiliesAreReadAndWritten() {
        for (text, written) in [("127.0.0.1", "127.0.0.1:5222"), ("2001:DB8:0:0::1", "[2001:db8::1]:5222"), ("::", "[::]:5222"), ("::1", "[::1]:5222"), ("1::", "[1::]:5222"), ("1:0:0:2:0:0:0:3", "[1:0:0:2::3]:5222"),
            ("1:0:2:3:4:5:6:7", "[1:0:2:3:4:5:6:7]:5222"), ("0:1:2:3:4:5:6:7", "[0:1:2:3:4:5:6:7]:5222"), ("fe80:0:0:a00::0", "[fe80:0:0:a00::]:5222"),
            ("0:0:1:0:0:0:ffff:10", "[0:0:1::ffff:10]:5222"), ("0:0:1::2:0:0", "[::1:0:0:2:0:0]:5222"),
            ("255.255.255.255", "255.255.255.255:5222")] {
            let bytes = Array(text.utf8)
            let address = Address(bytes.span, port: 5222)
            #expect(address?.text.string == written)
        }
    }

    @Test func nothingElseIsAnAddress() {
        for text in ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4 ", "::1%lo", "[::1]", "localhost", "1.2.3.4\0", String(repeating: "1", count: 300)] {
            let bytes = Array(text.utf8)
            let none = Address(bytes.span) == nil
            #expect(none, "\(text)")
        }
    }
}
