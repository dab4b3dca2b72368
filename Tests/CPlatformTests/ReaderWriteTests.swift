import CPlatform
import Foundation
import Testing

/// The children's write, request by request: what the kernel says is what the asker hears.
@Suite struct ReaderWriteTests {
    private let folder = FileManager.default.temporaryDirectory.path + "/ward-write-\(UUID().uuidString)"

    /// Starts the children, asks once, and ends them; the code of the answer's one entry.
    private func write(_ strings: String..., limit: Int32 = 2000) -> Int? {
        var pid: Int32 = 0
        let socket = ward_reader_start(limit, 4, nil, nil, &pid)
        guard socket >= 0 else { return nil }
        defer { ward_reader_stop(socket, pid) }
        var request: [UInt8] = [UInt8(WARD_READER_WRITE), 7, 0, 0, 0]
        for string in strings { request += Array(string.utf8) + [0] }
        guard ward_reader_send(socket, request, Int32(request.count)) == 0, ward_reader_wait(socket, 5000) == 1 else { return nil }
        var answer = [UInt8](repeating: 0, count: Int(WARD_READER_ANSWER))
        guard ward_reader_receive(socket, &answer, Int32(answer.count)) == 6, answer[0] == 7 else { return nil }
        return Int(Int16(bitPattern: UInt16(answer[4]) | UInt16(answer[5]) << 8))
    }

    private func file(_ name: String, _ content: String) -> String {
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let path = folder + "/" + name
        FileManager.default.createFile(atPath: path, contents: Data(content.utf8))
        return path
    }

    private func content(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

    @Test func aFileHoldsWhatWasWrittenAndNoMore() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = file("first", "1000\n"), second = file("second", "")
        #expect(write(first, "7\n", second, "1\n") == 0)
        #expect(content(first) == "7\n" && content(second) == "1\n")
    }

    /// /proc/self is the worker's own: the kernel takes -1000 ... 1000 there, and digits alone.
    @Test(arguments: [("0\n", 0), ("1000\n", 0), ("1001\n", Int(WARD_READER_REFUSED)), ("x\n", Int(WARD_READER_REFUSED))])
    func theKernelsRefusalIsTold(content: String, code: Int) {
        #expect(write("/proc/self/oom_score_adj", content) == code)
    }

    private static let attribute = "/sys/class/net/lo/tx_queue_len"

    /// An attribute of sysfs itself, which is set to what it is.
    @Test(.enabled(if: access(attribute, W_OK) == 0)) func sysfsTakesAValueAndRefusesAnother() throws {
        let before = try #require(content(Self.attribute))
        #expect(write(Self.attribute, before) == 0)
        #expect(write(Self.attribute, "x\n") == Int(WARD_READER_REFUSED))
        #expect(write("/sys/class/net/lo/ifindex", "1\n") == Int(WARD_READER_REFUSED))
        #expect(write("/sys/class/net/none/tx_queue_len", "1\n") == Int(WARD_READER_GONE))
        #expect(content(Self.attribute) == before)
    }

    @Test func nothingAfterARefusalIsWritten() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let last = file("last", "0\n")
        #expect(write("/proc/self/oom_score_adj", "x", last, "1") == Int(WARD_READER_REFUSED))
        #expect(content(last) == "0\n")
    }

    @Test func whatIsNotThereIsGoneAndNotMade() {
        #expect(write(folder + "/none", "1") == Int(WARD_READER_GONE))
        #expect(!FileManager.default.fileExists(atPath: folder + "/none"))
        #expect(write("/proc/version/x", "1") == Int(WARD_READER_GONE))
    }

    @Test func aFolderALinkAndTooMuchAreRefused() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let target = file("target", "0\n")
        try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: target)
        #expect(write(folder, "1") == Int(WARD_READER_REFUSED))
        #expect(write(folder + "/link", "1") == Int(WARD_READER_REFUSED))
        #expect(write(target, String(repeating: "1", count: Int(WARD_READER_WRITTEN) + 1)) == Int(WARD_READER_REFUSED))
        #expect(write(target, "") == Int(WARD_READER_REFUSED))
        #expect(write(target) == Int(WARD_READER_REFUSED))
        #expect(content(target) == "0\n")
        let longest = String(repeating: "1", count: Int(WARD_READER_WRITTEN))
        #expect(write(target, longest) == 0)
        #expect(content(target) == longest)
    }

    @Test func aWriteThatHangsIsSlow() {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        _ = file("other", "")
        #expect(mkfifo(folder + "/fifo", 0o600) == 0)
        #expect(write(folder + "/fifo", "1", limit: 200) == Int(WARD_READER_SLOW))
    }
}
