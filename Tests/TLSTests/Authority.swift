import Foundation

/// Certificates for the tests, made by openssl in a folder that is removed at exit.
///
/// All servers are called `thing.test` unless the case says otherwise.
final class Authority: @unchecked Sendable {
    /// Made once for all tests; nothing in it changes afterwards.
    static let shared = Result { try Authority() }

    let folder: String

    /// What a server presents: files with its certificate (chain) and its key.
    struct Identity {
        let certificate: String
        let key: String
    }

    private init() throws {
        let place = FileManager.default.temporaryDirectory
            .appendingPathComponent("ward-tls-\(ProcessInfo.processInfo.processIdentifier)")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        folder = place.path
        removedAtExit = folder
        atexit { if let folder = removedAtExit { try? FileManager.default.removeItem(atPath: folder) } }

        try write("index.txt", "")
        try write("index.txt.attr", "unique_subject = no\n")
        try write(
            "openssl.cnf",
            """
            [req]
            distinguished_name = name
            x509_extensions = authority
            prompt = no
            [name]
            [authority]
            basicConstraints = critical,CA:TRUE
            keyUsage = critical,keyCertSign
            subjectKeyIdentifier = hash
            [alone]
            basicConstraints = CA:FALSE
            subjectAltName = DNS:thing.test
            [ca]
            default_ca = issuer
            [issuer]
            dir = \(folder)
            database = \(folder)/index.txt
            new_certs_dir = \(folder)
            rand_serial = yes
            policy = policy
            [policy]
            commonName = supplied

            """)
        for name in ["ca", "foreign"] {
            try openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-config", path("openssl.cnf"), "-subj", "/CN=Test \(name)", "-days", "3650", "-sha256",
                "-keyout", path("\(name).key"), "-out", path("\(name).pem"))
        }
        for (name, algorithm) in [
            ("p256", ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
            ("p384", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]),
            ("p521", ["ec", "-pkeyopt", "ec_paramgen_curve:P-521"]),
            ("rsa2048", ["rsa", "-pkeyopt", "rsa_keygen_bits:2048"]),
            ("rsa1024", ["rsa", "-pkeyopt", "rsa_keygen_bits:1024"]),
        ] {
            try openssl(["genpkey", "-algorithm"] + algorithm + ["-out", path("\(name).key")])
        }
    }

    func path(_ name: String) -> String { folder + "/" + name }

    func bytes(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name))))
    }

    /// The root that the tests trust.
    func root() throws -> [UInt8] { try bytes("ca.pem") }

    /// Issues a certificate named `file`, unless it exists.
    func issue(
        _ file: String, key: String = "p256", by issuer: String = "ca",
        names: String? = "DNS:thing.test", commonName: String = "thing",
        from: String = "20200101000000Z", to: String = "20991231235959Z",
        digest: String = "sha256", isAuthority: Bool = false, purpose: String = "serverAuth"
    ) throws -> Identity {
        let identity = Identity(certificate: path(file + ".pem"), key: path(key + ".key"))
        if FileManager.default.fileExists(atPath: identity.certificate) { return identity }
        var extensions = isAuthority
            ? "basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign\n"
            : "basicConstraints = CA:FALSE\nextendedKeyUsage = \(purpose)\n"
        if let names { extensions += "subjectAltName = \(names)\n" }
        try write("\(file).ext", extensions)
        try openssl(
            "req", "-new", "-config", path("openssl.cnf"), "-subj", "/CN=\(commonName)",
            "-key", identity.key, "-out", path("\(file).csr"))
        try openssl(
            "ca", "-batch", "-notext", "-config", path("openssl.cnf"), "-md", digest,
            "-cert", path("\(issuer).pem"), "-keyfile", path("\(issuer).key"),
            "-startdate", from, "-enddate", to, "-extfile", path("\(file).ext"),
            "-in", path("\(file).csr"), "-out", identity.certificate)
        return identity
    }

    /// A certificate that vouches for itself.
    func selfSigned() throws -> Identity {
        let identity = Identity(certificate: path("selfsigned.pem"), key: path("p256.key"))
        try openssl(
            "req", "-x509", "-new", "-config", path("openssl.cnf"), "-subj", "/CN=thing.test",
            "-days", "30", "-sha256", "-extensions", "alone", "-key", identity.key, "-out", identity.certificate)
        return identity
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    }

    func openssl(_ arguments: String...) throws { try openssl(arguments) }

    func openssl(_ arguments: [String]) throws {
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let text = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Trouble("openssl \(arguments.joined(separator: " ")): " + String(decoding: text, as: UTF8.self))
        }
    }
}

nonisolated(unsafe) private var removedAtExit: String?

struct Trouble: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
