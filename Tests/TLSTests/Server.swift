import Foundation

/// A real TLS server in a process of its own, on a free port of the loopback.
final class Server {
    let port: UInt16
    private let process = Process()
    private let output: FileHandle
    private let input: FileHandle
    private var pending: [UInt8] = []

    /// openssl's own server, with options for the handshake. It accepts connections one
    /// after the other and prints what it receives.
    static func openssl(_ identity: Authority.Identity, _ options: [String]) throws -> Server {
        try Server(
            "/usr/bin/openssl",
            ["s_server", "-accept", "127.0.0.1:0", "-cert", identity.certificate, "-key", identity.key]
                + options,
            port: { line in
                line.hasPrefix("ACCEPT ") ? line.split(separator: ":").last.flatMap { UInt16($0) } : nil
            })
    }

    /// Python's, which echoes, tells what it sees on its standard output, and obeys
    /// lines: `close` ends the session by close_notify, `drop` closes the socket.
    static func echo(_ identity: Authority.Identity, extendedMasterSecret: Bool = true) throws -> Server {
        try Server(
            "/usr/bin/python3",
            ["-u", "-c", echoProgram, identity.certificate, identity.key, extendedMasterSecret ? "1" : "0"],
            port: { UInt16($0) })
    }

    private init(_ program: String, _ arguments: [String], port: (String) -> UInt16?) throws {
        let outputPipe = Pipe()
        let inputPipe = Pipe()
        output = outputPipe.fileHandleForReading
        input = inputPipe.fileHandleForWriting
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardOutput = outputPipe
        process.standardInput = inputPipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        var found: UInt16?
        var lines: [String] = []
        while found == nil {
            // Reading ends where the process does.
            guard let line = Server.line(output.fileDescriptor, &pending) else {
                kill(process.processIdentifier, SIGKILL)
                throw Trouble("\(program) did not start: \(lines)")
            }
            lines.append(line)
            found = port(line)
        }
        self.port = found!
    }

    /// The next line it prints, waited for at most 10 seconds.
    func line() throws -> String {
        guard let line = Server.line(output.fileDescriptor, &pending) else {
            throw Trouble("the server said no more")
        }
        return line
    }

    /// Types a command into the server.
    func type(_ text: String) throws { try input.write(contentsOf: Data(text.utf8)) }

    private static func line(_ fd: Int32, _ pending: inout [UInt8]) -> String? {
        while true {
            if let end = pending.firstIndex(of: 0x0A) {
                let line = String(decoding: pending[..<end], as: UTF8.self)
                pending.removeSubrange(...end)
                return line
            }
            var wanted = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, 10_000) == 1 else { return nil }
            var chunk = [UInt8](repeating: 0, count: 4096)
            let n = read(fd, &chunk, chunk.count)
            guard n > 0 else { return nil }
            pending.append(contentsOf: chunk[..<n])
        }
    }

    deinit { stop() }

    /// By SIGKILL: a test's process may pass its blocked SIGTERM on to its children.
    private func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

private let echoProgram = """
    import socket, ssl, sys
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    if sys.argv[3] == "0":
        context.options |= 1  # SSL_OP_NO_EXTENDED_MASTER_SECRET
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1])
    while True:
        plain, _ = listener.accept()
        try:
            secure = context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False)
        except (ssl.SSLError, OSError) as error:
            print("refused", error)
            continue
        print("binding", secure.get_channel_binding("tls-unique").hex())
        try:
            while True:
                data = secure.recv(16384)
                if data == b"close\\n":
                    plain = secure.unwrap()
                    print("closed")
                    plain.close()
                    break
                if data == b"drop\\n":
                    secure.close()
                    print("dropped")
                    break
                if data == b"":
                    print("clean end")
                    secure.close()
                    break
                secure.sendall(data)
        except (ssl.SSLError, OSError) as error:
            print("broken", error)
    """
