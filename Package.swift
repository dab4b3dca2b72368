// swift-tools-version: 6.3
import Foundation
import PackageDescription

// One package, three builds: native (for the tests), and statically linked
// firmware for ARM and x86_64 by an SDK that Tools/sdk makes.

let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: here + "/" + path) }

let settings: [SwiftSetting] = [.enableExperimentalFeature("Lifetimes")]

/// A folder of Sources and whom it may import.
func room(_ name: String, _ imports: [String] = [], link: [String] = []) -> [Target] {
    guard exists("Sources/\(name)") else { return [] }
    return [.target(
        name: name, dependencies: imports.filter { exists("Sources/\($0)") }.map { .byName(name: $0) },
        swiftSettings: settings, linkerSettings: link.map { .linkedLibrary($0) })]
}

func tests(_ name: String, _ imports: [String]) -> [Target] {
    guard exists("Tests/\(name)") else { return [] }
    return [.testTarget(
        name: name, dependencies: imports.filter { exists("Sources/\($0)") }.map { .byName(name: $0) },
        swiftSettings: settings)]
}

/// Every folder of Boards is one board; its program is `ward`, or `ward-<board>` for the others.
let boards = ((try? FileManager.default.contentsOfDirectory(atPath: here + "/Boards")) ?? [])
    .filter { exists("Boards/\($0)/Board.swift") }.sorted()

let package = Package(
    name: "ward",
    products: boards.map {
        .executable(name: $0 == "GenericLinux" ? "ward" : "ward-\($0)", targets: [$0])
    },
    targets: room("CExpat", link: ["expat"])
        + room("CMbedTLS", link: ["mbedtls", "mbedx509", "mbedcrypto"])
        + room("CPlatform", link: ["udns"])
        + room("Fixed")
        + room("XML", ["CExpat", "Fixed"])
        + room("XMPP", ["Fixed", "XML"])
        + room("Access", ["Fixed", "XML", "XMPP"])
        + room("Readout", ["Access", "Fixed", "XML", "XMPP"])
        + room("Thing", ["Access", "Fixed", "Readout", "XML", "XMPP"])
        + room("Hardware", ["Access", "Fixed", "Readout"])
        + room("Drivers", ["Access", "Fixed", "Hardware", "Readout"])
        + room("TLS", ["CMbedTLS", "Fixed"])
        + room("Linux", ["Access", "CPlatform", "Fixed", "Hardware", "Readout"])
        + room("Firmware", ["Access", "CPlatform", "Fixed", "Hardware", "Linux", "Readout", "TLS", "Thing", "XMPP"])
        + boards.map {
            .executableTarget(
                name: $0, dependencies: ["Access", "CPlatform", "Drivers", "Firmware", "Fixed", "Hardware", "Linux", "Readout"]
                    .filter { exists("Sources/\($0)") }.map { .byName(name: $0) },
                path: "Boards/\($0)", swiftSettings: settings)
        }
        + tests("FixedTests", ["Fixed"])
        + tests("XMLTests", ["XML", "Fixed"])
        + tests("XMPPTests", ["XMPP", "XML", "Fixed", "TLS"])
        + tests("AccessTests", ["Access", "XMPP", "XML", "Fixed"])
        + tests("ReadoutTests", ["Readout", "Access", "XML", "Fixed"])
        + tests("Conversations", ["Thing", "TLS", "Readout", "Access", "XMPP", "XML", "Fixed"])
        + tests("TLSTests", ["TLS", "Fixed"])
        + tests("LinuxTests", ["Linux", "CPlatform", "Fixed"])
        + tests("DriversTests", ["Drivers", "Linux", "Hardware", "Readout", "Access", "Fixed"])
        + tests("CPlatformTests", ["CPlatform"]),
    swiftLanguageModes: [.v6]
)
