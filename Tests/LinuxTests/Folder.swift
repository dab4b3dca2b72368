import Fixed
import Foundation

@testable import Linux

/// A folder of a test's own, removed with it.
final class Folder {
    let path: String

    init() {
        var template = Array((NSTemporaryDirectory() + "/ward-XXXXXX").utf8CString)
        path = String(cString: mkdtemp(&template)!)
    }

    deinit {
        chmod(path, 0o700)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and answers its path.
    @discardableResult
    func write(_ name: String, _ content: String, mode: mode_t = 0o600) -> String {
        write(name, Array(content.utf8), mode: mode)
    }

    @discardableResult
    func write(_ name: String, _ content: [UInt8], mode: mode_t = 0o600) -> String {
        let file = path + "/" + name
        FileManager.default.createFile(atPath: file, contents: Data(content))
        chmod(file, mode)
        return file
    }

    func read(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path + "/" + name).map(Array.init)
    }

    func mode(of name: String) -> mode_t {
        var status = stat()
        stat(path + "/" + name, &status)
        return status.st_mode & 0o7777
    }

    var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
}

extension Text {
    /// A text from a test's string, which must fit.
    init(_ string: String) {
        let bytes = Array(string.utf8)
        self.init(bytes.span)!
    }

    var string: String { bytes.string }
}

extension Span where Element == UInt8 {
    var string: String { String(decoding: indices.map { self[$0] }, as: UTF8.self) }
    var array: [UInt8] { indices.map { self[$0] } }
}
