import Foundation
import Testing

/// The compiler is asked itself. Each attempt is typechecked against the modules that
/// this test was built with; one that does everything right shows that it is the
/// permit alone that the others lack.
@Suite("Without the door's permit nothing compiles that writes a value") struct PermitTests {
    /// What is around the attempt: everything that writing needs, and the permit as `permit`.
    private func attempt(_ line: String) throws -> (compiles: Bool, words: String) {
        let source = """
            import Access
            import Fixed
            import XMPP
            @testable import Readout

            func attempt(
                _ permit: Permit, _ fields: FieldSet, _ friend: JID, _ catalogue: borrowing Catalogue,
                _ sampler: borrowing Sampler, _ out: inout Outbox
            ) {
                \(line)
            }

            """
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("ward-permit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("attempt.swift")
        try source.write(to: file, atomically: true, encoding: .utf8)

        let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "swiftc", "-typecheck", "-enable-experimental-feature", "Lifetimes", "-enable-experimental-feature", "RawLayout",
            "-module-cache-path", folder.path, "-I", products.appendingPathComponent("Modules").path,
            "-Xcc", "-fmodule-map-file=\(products.path)/CExpat.build/module.modulemap", file.path,
        ]
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = pipe
        try process.run()
        let words = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus == 0, words)
    }

    @Test("with a permit, a value is written and an output set")
    func permitted() throws {
        let written = try attempt(
            "_ = FieldsWriter.write(fields, from: 0, to: friend, sequence: 1, by: permit, catalogue, sampler, failuresFollow: false, to: &out)\n"
                + "    _ = WriteRequest(0, .boolean(true), by: permit)")
        #expect(written.compiles, "\(written.words)")
    }

    @Test("left out, it is an error; made by hand, it is one too", arguments: [
        ("_ = FieldsWriter.write(fields, from: 0, to: friend, sequence: 1, catalogue, sampler, failuresFollow: false, to: &out)",
         "missing argument for parameter 'by'"),
        ("_ = WriteRequest(0, .boolean(true))", "missing argument for parameter 'by'"),
        ("_ = WriteRequest(index: 0, value: .boolean(true))", "error:"),
        ("_ = Permit(holder: friend.bare, operation: .read, fields: fields, epoch: 0, seal: 0, byRules: fields)",
         "'Permit' initializer is inaccessible due to 'internal' protection level"),
        ("var forged = permit; forged.fields = .anyField", "'fields' is a 'let' constant"),
        ("let verdict = Verdict.allowed(Permit(), .parent)", "error:"),
    ])
    func forbidden(_ line: String, _ why: String) throws {
        let attempt = try attempt(line)
        #expect(!attempt.compiles)
        #expect(attempt.words.contains(why), "\(attempt.words)")
    }
}
