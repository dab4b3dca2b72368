import Foundation

/// A name server of a test's own on loopback, which answers from a table.
final class NameServer: @unchecked Sendable {
    enum Record {
        case address(String)
        case service(priority: UInt16, weight: UInt16, port: UInt16, host: String)
        case alias(String)
    }

    enum Behaviour {
        case records([(String, Record)])
        case code(UInt8)
        /// The records, and a moment later than all else.
        case late([(String, Record)])
        case silence
    }

    let port: UInt16
    private let descriptor: Int32
    private let lock = NSLock()
    private var table: [String: Behaviour] = [:]
    private var log: [String] = []

    init() {
        let opened = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                precondition(bind(opened, $0, size) == 0)
                precondition(getsockname(opened, $0, &size) == 0)
            }
        }
        descriptor = opened
        port = UInt16(bigEndian: address.sin_port)
        // A test that ends early leaves no thread behind for ever.
        var limit = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(opened, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let thread = Thread { [self] in serve() }
        thread.start()
    }

    /// Ends the server; questions from now on find a closed port.
    func stop() {
        shutdown(descriptor, Int32(SHUT_RD))
        var byte: UInt8 = 0
        send(to: port, &byte)
    }

    private func send(to port: UInt16, _ byte: inout UInt8) {
        let sender = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(sender, &byte, 1, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        close(sender)
    }

    /// `type` is A, AAAA or SRV.
    func answer(_ name: String, _ type: String, _ behaviour: Behaviour) {
        lock.withLock { table["\(name) \(type)"] = behaviour }
    }

    func answer(_ name: String, _ type: String, _ records: Record...) {
        answer(name, type, .records(records.map { (name, $0) }))
    }

    /// The questions that were asked, in order.
    var asked: [String] { lock.withLock { log } }

    private func serve() {
        var buffer = [UInt8](repeating: 0, count: 600)
        while true {
            var from = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let count = withUnsafeMutablePointer(to: &from) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    recvfrom(descriptor, &buffer, buffer.count, 0, $0, &size)
                }
            }
            guard count > 12 else { break }
            guard let reply = reply(to: Array(buffer[0..<count])) else { continue }
            _ = withUnsafePointer(to: &from) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, reply, reply.count, 0, $0, size)
                }
            }
        }
        close(descriptor)
    }

    private func reply(to question: [UInt8]) -> [UInt8]? {
        var at = 12
        var labels: [String] = []
        while question[at] != 0 {
            let length = Int(question[at])
            labels.append(String(decoding: question[(at + 1)...(at + length)], as: UTF8.self))
            at += 1 + length
        }
        let type = question[at + 2]
        let key = labels.joined(separator: ".") + " " + (type == 1 ? "A" : type == 28 ? "AAAA" : "SRV")
        let behaviour = lock.withLock {
            log.append(key)
            return table[key]
        }
        switch behaviour {
        case nil: return Self.message(question, end: at + 5, code: 3, [])
        case .silence: return nil
        case .code(let code): return Self.message(question, end: at + 5, code: code, [])
        case .late(let records):
            Thread.sleep(forTimeInterval: 0.2)
            return Self.message(question, end: at + 5, code: 0, records)
        case .records(let records): return Self.message(question, end: at + 5, code: 0, records)
        }
    }

    /// An answer to a question whose bytes up to `end` are repeated.
    static func message(_ question: [UInt8], end: Int, code: UInt8, _ records: [(String, Record)]) -> [UInt8] {
        var reply = Array(question[0..<end])
        reply[2] = 0x81
        reply[3] = 0x80 | code
        reply[6] = 0
        reply[7] = UInt8(records.count)
        for (owner, record) in records {
            let (type, data): (UInt8, [UInt8])
            switch record {
            case .alias(let name): (type, data) = (5, wire(name))
            case .service(let priority, let weight, let port, let host):
                (type, data) = (33, [priority, weight, port].flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } + wire(host))
            case .address(let text):
                var octets = [UInt8](repeating: 0, count: 16)
                if inet_pton(AF_INET, text, &octets) == 1 {
                    (type, data) = (1, Array(octets[0..<4]))
                } else {
                    precondition(inet_pton(AF_INET6, text, &octets) == 1)
                    (type, data) = (28, octets)
                }
            }
            reply += wire(owner) + [0, type, 0, 1, 0, 0, 0, 60, UInt8(data.count >> 8), UInt8(data.count & 255)] + data
        }
        return reply
    }

    static func wire(_ name: String) -> [UInt8] {
        name == "." ? [0] : name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }
}
