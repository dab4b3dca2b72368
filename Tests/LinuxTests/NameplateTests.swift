import Fixed
import Foundation
import Testing

@testable import Linux

/// The tags of a configuration, once the board has said what it is.
private func tags(_ text: String, _ nameplate: Nameplate, serial: String? = nil) -> String {
    var configuration = Configuration()
    let bytes = Array(text.utf8)
    _ = configuration.read(bytes.span) { _ in }
    var block = Block()
    if let serial {
        let path = Array(serial.utf8)
        configuration.addSerial(from: path.span, through: &block)
    }
    configuration.add(nameplate, through: &block)
    let left = block.bytes.count
    #expect(left == 0)
    return configuration.tags.bytes.string.replacingOccurrences(of: "\n", with: ";")
}

@Suite struct NameplateTests {
    let folder = Folder()
    private let plate = Nameplate(manufacturer: "www.x.se", model: "Meter 3", version: "1.2", deviceClass: "meter")

    @Test func theBoardSaysWhatTheConfigurationDoesNot() {
        #expect(tags("jid = a@b", plate) == "MAN=www.x.se;MODEL=Meter 3;V=1.2;CLASS=meter;")
        #expect(tags("tag = ROOM Kitchen", plate) == "ROOM=Kitchen;MAN=www.x.se;MODEL=Meter 3;V=1.2;CLASS=meter;")
        #expect(tags("jid = a@b", Nameplate()) == "")
    }

    @Test(arguments: ["serial = 1", "manufacturer = 1", "model = 1", "version = 1", "class = 1"])
    func nothingIsAddedToWhatAStickerMayHave(line: String) {
        #expect(tags(line, plate).hasSuffix("=1;"))
        #expect(tags(line, plate).filter { $0 == ";" }.count == 1)
    }

    @Test func whatTheFileLacksIsNothing() {
        #expect(tags("jid = a@b", Nameplate(serialFile: "/nonexistent/serial-number")) == "")
        #expect(tags("jid = a@b", Nameplate(manufacturer: "m", serialFile: "/proc")) == "MAN=m;")
    }

    @Test(arguments: [
        ("10000000abcdef01\0", "SN=10000000abcdef01;"), ("SN 7\n", "SN=SN 7;"), ("a\0b", "SN=a;"), (" \n", ""), ("", ""), ("\0abc", ""),
        ("a\u{1}b", ""), ("a\u{85}b", ""), (String(repeating: "9", count: 128), "SN=" + String(repeating: "9", count: 128) + ";"),
        (String(repeating: "9", count: 129), ""), (String(repeating: "9", count: 513), ""),
    ])
    func aSerialNumberIsReadAsTheKernelShowsIt(content: String, expected: String) {
        let file = folder.write("serial-number", content)
        #expect(tags("jid = a@b", Nameplate(), serial: file) == expected)
    }

    @Test func bytesThatAreNoTextAreNoSerialNumber() {
        let file = folder.write("serial-number", [0xC3, 0x28] as [UInt8])
        #expect(tags("jid = a@b", Nameplate(), serial: file) == "")
    }
}
