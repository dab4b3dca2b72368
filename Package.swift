// swift-tools-version: 6.3
import Foundation
import PackageDescription

// One package, three builds: native (for the tests), and statically linked
// firmware for ARM and x86_64 by an SDK that Tools/sdk makes. Who may import
// whom is written here and held to by the compiler; Sources/README.md says why.

let settings: [SwiftSetting] = [
    // Spans that are returned say what they depend on.
    .enableExperimentalFeature("Lifetimes"),
    // For `InPlace` alone: large values that are never copied.
    .enableExperimentalFeature("RawLayout"),
]

/// A folder of Sources and the rooms it may enter.
func room(_ name: String, _ imports: [String] = [], link: [String] = []) -> Target {
    .target(
        name: name, dependencies: imports.map { .byName(name: $0) },
        exclude: files(in: "Sources/\(name)").filter { $0.hasSuffix(".md") },
        swiftSettings: settings, linkerSettings: link.map { .linkedLibrary($0) })
}

func tests(_ name: String, _ imports: [String]) -> Target {
    .testTarget(
        name: name, dependencies: imports.map { .byName(name: $0) }, swiftSettings: settings)
}

/// A folder of Boards: everything is at its disposal. A board may be called as a room is.
func board(_ name: String) -> Target {
    .executableTarget(
        name: "Board\(name)",
        dependencies: ["Access", "Bench", "CPlatform", "Drivers", "Firmware", "Fixed", "Hardware", "Linux", "Ownership", "Readout"],
        path: "Boards/\(name)", exclude: exclusions(in: "Boards/\(name)"), swiftSettings: settings)
}

/// What stands in a board's folder beside its Swift files.
func exclusions(in folder: String) -> [String] {
    files(in: folder).filter { !$0.hasSuffix(".swift") }
}

func files(in folder: String) -> [String] {
    let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
    return ((try? FileManager.default.contentsOfDirectory(atPath: here + "/" + folder)) ?? []).sorted()
}

/// Every folder of Boards with a Board.swift is one board. Its program is `ward`
/// for GenericLinux and `ward-<board>` for the others.
let boards = files(in: "Boards").filter { files(in: "Boards/\($0)").contains("Board.swift") }

let package = Package(
    name: "ward",
    products: boards.map {
        .executable(name: $0 == "GenericLinux" ? "ward" : "ward-\($0)", targets: ["Board\($0)"])
    },
    targets: [
        room("CExpat", link: ["expat"]),
        room("CMbedTLS", link: ["mbedtls", "mbedx509", "mbedcrypto"]),
        room("CPlatform"),
        room("Fixed"),
        room("XML", ["CExpat", "Fixed"]),
        room("XMPP", ["Fixed", "XML"]),
        room("Access", ["Fixed", "XML", "XMPP"]),
        room("Ownership", ["Fixed", "XML", "XMPP"]),
        room("Readout", ["Access", "Fixed", "XML", "XMPP"]),
        room("Thing", ["Access", "Fixed", "Ownership", "Readout", "XML", "XMPP"]),
        room("Hardware", ["Access", "Fixed", "Readout"]),
        room("Drivers", ["Access", "Fixed", "Hardware", "Readout"]),
        room("Bench", ["Access", "Fixed", "Hardware", "Readout"]),
        room("TLS", ["CMbedTLS", "Fixed"]),
        room("Linux", ["Access", "CPlatform", "Fixed", "Hardware", "Ownership", "Readout", "XMPP"]),
        room("Firmware", ["Access", "CPlatform", "Fixed", "Hardware", "Linux", "Ownership", "Readout", "TLS", "Thing", "XMPP"]),
        tests("FixedTests", ["Fixed"]),
        tests("XMLTests", ["XML", "Fixed"]),
        tests("XMPPTests", ["XMPP", "XML", "Fixed", "TLS"]),
        .target(
            name: "Support", dependencies: ["Fixed", "TLS", "XML", "XMPP"], path: "Tests/Support", swiftSettings: settings),
        tests("AccessTests", ["Access", "Support", "XMPP", "XML", "Fixed"]),
        tests("OwnershipTests", ["Ownership", "Support", "XMPP", "XML", "Fixed", "TLS"]),
        tests("ReadoutTests", ["Readout", "Access", "Support", "XML", "Fixed"]),
        tests("Conversations", ["Support", "Thing", "Ownership", "TLS", "Readout", "Access", "XMPP", "XML", "Fixed"]),
        .executableTarget(
            name: "Simulation", dependencies: ["Fixed", "Ownership", "Readout", "Support", "Thing", "XMPP"],
            path: "Tests/Simulation", swiftSettings: settings),
        .executableTarget(
            name: "Decisions", dependencies: ["Access", "Fixed", "XMPP"], path: "Tests/Decisions", swiftSettings: settings),
        .target(name: "CPowerCut", path: "Tests/PowerCut/C"),
        .executableTarget(
            name: "PowerCut", dependencies: ["CPowerCut", "Fixed", "Hardware", "Linux", "TLS"], path: "Tests/PowerCut",
            exclude: files(in: "Tests/PowerCut").filter { $0 != "main.swift" }, swiftSettings: settings),
        tests("TLSTests", ["TLS", "Fixed"]),
        tests("LinuxTests", ["Linux", "Hardware", "CPlatform", "Fixed", "Ownership", "XMPP", "TLS"]),
        tests("DriversTests", ["Bench", "Drivers", "Linux", "Hardware", "Readout", "Access", "XMPP", "Fixed"]),
        tests("CPlatformTests", ["CPlatform"]),
    ] + boards.map(board),
    swiftLanguageModes: [.v6]
)
