import Foundation
import Testing

/// The table of attacks in Tests/README.md is no mere text.
@Suite("Attack table") struct AttackTableTests {
    private var tests: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    }

    @Test("every test that the table names exists")
    func named() throws {
        let table = try String(contentsOf: tests.appendingPathComponent("README.md"), encoding: .utf8)
        guard let start = table.range(of: "| attack | held by |") else {
            Issue.record("there is no table")
            return
        }
        var sources = ""
        for case let file as URL in FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil) ?? .init()
        where ["swift", "py"].contains(file.pathExtension) {
            sources += try String(contentsOf: file, encoding: .utf8)
        }
        let names = table[start.upperBound...].split(separator: "`", omittingEmptySubsequences: false).enumerated()
            .filter { $0.offset % 2 == 1 }.map { String($0.element) }
        #expect(names.count > 40)
        // A test in Python says what it promises in its first line.
        for name in names { #expect(sources.contains("@Test(\"\(name)\"") || sources.contains("\"\"\"\(name)\"\"\""), "\(name)") }
    }
}
