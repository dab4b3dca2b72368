import Fixed
import Foundation
import Testing

@testable import Linux

/// What the parser makes of a text: the values, and each mistake as it is logged.
private func parse(_ text: String) -> (Configuration, [String]) { parse(Array(text.utf8)) }

private func parse(_ text: [UInt8]) -> (Configuration, [String]) {
    var mistakes: [String] = []
    var configuration = Configuration()
    let good = configuration.read(text.span) { mistakes.append(line($0)) }
    #expect(good == mistakes.isEmpty)
    return (configuration, mistakes)
}

private func line(_ mistake: Mistake, file: String = "ward.conf") -> String {
    var journal = Journal()
    let name = Array(file.utf8)
    mistake.log(to: &journal, file: name.span)
    let text = journal.bytes.string
    #expect(text.hasPrefix("error: ") && text.hasSuffix("\n") && text.filter { $0 == "\n" }.count == 1)
    return String(text.dropFirst(7).dropLast())
}

private let whole = "jid = thing@example.org\npassword = x\nca = /ca.pem\n"

@Suite struct ConfigurationTests {
    @Test func everyKeyIsTakenUp() {
        let (c, mistakes) = parse("""
            # A comment, and an empty line

            jid       = thing@example.org        # required
            password  = a#b =c
            resource=kitchen
            \tserver = [2001:db8::1]:5299\r
            tls = direct
            ca = /etc/ssl/ward-ca.pem
            parent = provisioning.example.org
            mirror = Lamp@Example.org   Living room: Temperature   # with blanks
            audit = parent
            history = 900
            mirror = pump@example.org Flow
            state = /var/lib/other
            sysfs = /tmp/sys
            log = debug
            allow-plain = true
            reset-line = gpiochip0 17 low
            """)
        #expect(mistakes == [])
        #expect(c.jid.bytes.string == "thing@example.org")
        #expect(c.password.string == "a#b =c")
        #expect(c.resource.string == "kitchen")
        #expect(c.server?.host.string == "2001:db8::1")
        #expect(c.server?.port == 5299)
        #expect(c.directTLS)
        #expect(c.authorities.string == "/etc/ssl/ward-ca.pem")
        #expect(c.parent.bytes.string == "provisioning.example.org")
        #expect(c.mirrors.count == 2 && c.auditsToParent && c.history == 900)
        #expect(c.mirrors[0].friend.bytes.string == "lamp@example.org")
        #expect(c.mirrors[0].field.string == "Living room: Temperature")
        #expect(c.mirrors[1].friend.bytes.string == "pump@example.org" && c.mirrors[1].field.string == "Flow")
        #expect(c.state.string == "/var/lib/other")
        #expect(c.sysfs.string == "/tmp/sys")
        #expect(c.log == .debug)
        #expect(c.allowPlain && c.resetLine?.words.string == "gpiochip0 17 low")
        #expect(c.line(of: .resource) == 5)
    }

    @Test func whatIsLeftOutHasItsDefault() {
        let (c, mistakes) = parse(whole)
        #expect(mistakes == [])
        #expect(c.resource.string == "ward")
        #expect(c.server == nil && !c.directTLS && !c.allowPlain && c.resetLine == nil)
        #expect(c.parent.isEmpty)
        #expect(c.mirrors.count == 0 && !c.auditsToParent && c.history == nil)
        #expect(c.state.string == "/var/lib/ward")
        #expect(c.sysfs.string == "/sys")
        #expect(c.log == .info)
    }

    @Test(arguments: [
        ("colour = red", "ward.conf:4: \"colour\" is an unknown key"),
        ("jid = b@example.org", "ward.conf:4: jid: given already in line 1"),
        ("server", "ward.conf:4: has no \"=\": expected key = value"),
        ("server =", "ward.conf:4: server: has no value"),
        ("server = # later", "ward.conf:4: server: has no value"),
        ("server = x", "ward.conf:4: server: \"x\" is not HOST:PORT"),
        ("server = x:", "ward.conf:4: server: \"x:\" is not HOST:PORT"),
        ("server = :5222", "ward.conf:4: server: \":5222\" is not HOST:PORT"),
        ("server = x:0", "ward.conf:4: server: \"x:0\" is not HOST:PORT"),
        ("server = x:65536", "ward.conf:4: server: \"x:65536\" is not HOST:PORT"),
        ("server = x:99999999999999999999", "ward.conf:4: server: \"x:99999999999999999999\" is not HOST:PORT"),
        ("server = x:-1", "ward.conf:4: server: \"x:-1\" is not HOST:PORT"),
        ("server = ::1:5222", "ward.conf:4: server: \"::1:5222\" is not HOST:PORT"),
        ("server = [::1]", "ward.conf:4: server: \"[::1]\" is not HOST:PORT"),
        ("server = [::1", "ward.conf:4: server: \"[::1\" is not HOST:PORT"),
        ("server = [", "ward.conf:4: server: \"[\" is not HOST:PORT"),
        ("server = [127.0.0.1]:5222", "ward.conf:4: server: \"[127.0.0.1]:5222\" is not HOST:PORT"),
        ("server = a b:5222", "ward.conf:4: server: \"a b:5222\" is not HOST:PORT"),
        ("parent = a@b@c", "ward.conf:4: parent: \"a@b@c\" is neither an account's address nor a component's name"),
        ("parent = a b@c", "ward.conf:4: parent: \"a b@c\" is neither an account's address nor a component's name"),
        ("parent = owner@example.org/x", "ward.conf:4: parent: \"owner@example.org/x\" is neither an account's address nor a component's name"),
        ("tls = none", "ward.conf:4: tls: \"none\" is neither starttls nor direct"),
        ("log = loud", "ward.conf:4: log: \"loud\" is none of error, warning, info, debug"),
        ("audit = owner@example.org", "ward.conf:4: audit: \"owner@example.org\" is neither none nor parent"),
        ("audit = parent\naudit = none", "ward.conf:5: audit: given already in line 4"),
        ("mirror = lamp@example.org", "ward.conf:4: mirror: \"lamp@example.org\" is not ADDRESS FIELD, as in lamp@example.org Temperature"),
        ("mirror = lamp@example.org # Temperature", "ward.conf:4: mirror: \"lamp@example.org\" is not ADDRESS FIELD, as in lamp@example.org Temperature"),
        ("mirror = example.org Temperature", "ward.conf:4: mirror: \"example.org Temperature\" is not ADDRESS FIELD, as in lamp@example.org Temperature"),
        ("mirror = a@b/c Temperature", "ward.conf:4: mirror: \"a@b/c Temperature\" is not ADDRESS FIELD, as in lamp@example.org Temperature"),
        ("mirror = a@b \u{85}", "ward.conf:4: mirror: \"a@b ?\" is not ADDRESS FIELD, as in lamp@example.org Temperature"),
        ("mirror =", "ward.conf:4: mirror: has no value"),
        ("mirror = a@b T\nmirror = a@b U\nmirror = A@B  T", "ward.conf:6: mirror: \"A@B  T\" given already in line 4"),
        ("history = 86401", "ward.conf:4: history: \"86401\" is no number of seconds from 0 to 86400"),
        ("history = -1", "ward.conf:4: history: \"-1\" is no number of seconds from 0 to 86400"),
        ("history = 60 s", "ward.conf:4: history: \"60 s\" is no number of seconds from 0 to 86400"),
        ("history = 99999999999999999999", "ward.conf:4: history: \"99999999999999999999\" is no number of seconds from 0 to 86400"),
        ("reset-line = gpiochip0 17", "ward.conf:4: reset-line: \"gpiochip0 17\" is not CHIP LINE LEVEL, as in gpiochip0 17 low"),
        ("allow-plain = yes", "ward.conf:4: allow-plain: \"yes\" is neither true nor false"),
        ("parent = \u{1}x", "ward.conf:4: parent: holds a control character"),
        ("parent = a\0b", "ward.conf:4: holds a NUL byte"),
        ("password-file = /x", "ward.conf:4: password-file: the password is given twice"),
    ])
    func aMistakeIsNamedWithItsLineAndKey(text: String, expected: String) {
        let (_, mistakes) = parse(whole + text + "\n")
        #expect(mistakes == [expected])
    }

    @Test(arguments: ["example.org", "@example.org", "a@", "a@b/c"])
    func theThingsOwnAddressIsAnAccount(address: String) {
        let (_, mistakes) = parse("jid = \(address)\nca = /x\n")
        #expect(mistakes == ["ward.conf:1: jid: \"\(address)\" is not an address like thing@example.org"])
    }

    @Test func aRedirectionMayLeaveOutThePort() {
        for (text, expected) in [("a.test", "a.test 5222"), ("a.test:1", "a.test 1"), ("[::1]", "::1 5222"), ("", nil), ("a.test:", nil),
            ("[::1]x", nil)] as [(String, String?)] {
            let server = Configuration.Server(Array(text.utf8).span, defaultPort: 5222)
            #expect(server.map { "\($0.host.string) \($0.port)" } == expected)
        }
    }

    @Test func whatIsMissingIsNamed() {
        let (_, mistakes) = parse("# nothing\n")
        #expect(mistakes == ["ward.conf: ca: missing", "ward.conf: the account is missing: give jid, or domain, or discover = on"])
    }

    @Test func aThingWithoutAccountHasADomainOrFindsOne() {
        let (there, good) = parse("domain = Example.org\nca = /x\n")
        #expect(good == [] && there.jid.bytes.string == "example.org" && !there.discovers && !there.isNamed)
        let (anywhere, fine) = parse("discover = on\nca = /x\n")
        #expect(fine == [] && anywhere.jid.isEmpty && anywhere.discovers)
        let (named, well) = parse(whole + "discover = off\n")
        #expect(well == [] && named.jid.bytes.string == "thing@example.org" && named.isNamed)
    }

    @Test(arguments: [
        ("jid = a@b\ndomain = c", "ward.conf:2: domain: cannot stand beside jid"),
        ("domain = c\njid = a@b", "ward.conf:1: domain: cannot stand beside jid"),
        ("jid = a@b\ndiscover = on", "ward.conf:2: discover: cannot stand beside jid"),
        ("discover = on\ndomain = c", "ward.conf:1: discover: cannot stand beside domain"),
        ("discover = off", "ward.conf: the account is missing: give jid, or domain, or discover = on"),
        ("domain = c\npassword = x", "ward.conf:2: password: is for jid alone: a Thing without it makes its own"),
        ("discover = on\npassword-file = /y", "ward.conf:2: password-file: is for jid alone: a Thing without it makes its own"),
        ("domain = a@b", "ward.conf:1: domain: \"a@b\" is not a domain like example.org"),
        ("domain = \(String(repeating: "d", count: 176))", "ward.conf:1: domain: \"\(String(repeating: "d", count: 56))...\" has more bytes than 175"),
        ("discover = yes", "ward.conf:1: discover: \"yes\" is neither on nor off"),
    ])
    func theAccountIsSaidInExactlyOneWay(text: String, expected: String) {
        let (_, mistakes) = parse(text + "\nca = /x\n")
        #expect(mistakes.first == expected)
    }

    @Test func whatTheThingSaysOfItselfAreTagsInTheirOrder() {
        let (c, mistakes) = parse(whole + """
            tag = room  Kitchen # on the left
            serial = 123
            manufacturer = www.x.se
            model = Sensor 5
            version = 1.2
            class = PLC
            registry = registry.example.org
            tag = LAT -33.1
            """)
        #expect(mistakes == [] && c.registry.bytes.string == "registry.example.org" && c.registry.isDomain)
        let all = c.tags.bytes.string
        #expect(all == "ROOM=Kitchen\nSN=123\nMAN=www.x.se\nMODEL=Sensor 5\nV=1.2\nCLASS=PLC\nLAT=-33.1\n")
    }

    @Test(arguments: [
        ("registry = a@b/c", "ward.conf:4: registry: \"a@b/c\" is not a component's name, as in registry.example.org"),
        ("registry = a@b", "ward.conf:4: registry: \"a@b\" is not a component's name, as in registry.example.org"),
        ("serial = 1\nserial = 2", "ward.conf:5: serial: given already in line 4"),
        ("tag = ROOM", "ward.conf:4: tag: \"ROOM\" is not NAME VALUE, as in ROOM Kitchen (at most 32 letters, digits, _ and -, and 128 bytes)"),
        ("tag = RO=OM x", "ward.conf:4: tag: \"RO=OM x\" is not NAME VALUE, as in ROOM Kitchen (at most 32 letters, digits, _ and -, and 128 bytes)"),
        ("tag = ROOM \u{85}", "ward.conf:4: tag: \"ROOM ?\" is not NAME VALUE, as in ROOM Kitchen (at most 32 letters, digits, _ and -, and 128 bytes)"),
        ("tag = A 1\ntag = a 2", "ward.conf:5: tag: \"a 2\" is given already"),
        ("tag = key 123", "ward.conf:4: tag: \"key 123\" is a name that tags cannot have: serial, manufacturer, model, version and class have keys of their own"),
        ("tag = SN 123", "ward.conf:4: tag: \"SN 123\" is a name that tags cannot have: serial, manufacturer, model, version and class have keys of their own"),
        ("serial = \u{85}", "ward.conf:4: serial: \"?\" holds what cannot be printed"),
    ])
    func aTagThatIsNoneIsAMistake(text: String, expected: String) {
        let (_, mistakes) = parse(whole + text + "\n")
        #expect(mistakes == [expected])
    }

    @Test func thereAreEightTagsOfAllNamesAndNotOneMore() {
        let eight = (1...8).map { "tag = A\($0) x\n" }.joined()
        let (c, fits) = parse(whole + eight + "serial = 1\n")
        #expect(fits == [] && c.tags.count == 9)
        let (_, many) = parse(whole + eight + "tag = A9 x\n")
        #expect(many == ["ward.conf:12: tag: \"A9 x\" is one more than there can be: 8"])
    }

    @Test func aTagHas128BytesAndAllTogetherHave640() {
        let long = String(repeating: "v", count: 128)
        let (_, fits) = parse(whole + "serial = \(long)\n")
        #expect(fits == [])
        let (_, one) = parse(whole + "serial = v\(long)\n")
        #expect(one.count == 1 && one[0].hasSuffix("has more bytes than 128"))
        let (_, all) = parse(whole + "serial = \(long)\nmodel = \(long)\ntag = A \(long)\ntag = B \(long)\nclass = \(long)\n")
        #expect(all.count == 1 && all[0].hasSuffix("is too much: all tags together have more bytes than 640"))
    }

    @Test(arguments: [("0", 0), ("86400", 86_400), ("007", 7)])
    func aHistoryHasItsSeconds(text: String, seconds: Int) {
        let (c, mistakes) = parse(whole + "history = \(text)\n")
        #expect(mistakes == [] && c.history == seconds)
    }

    @Test func thereAreAsManyMirrorsAsTheLimitAndNotOneMore() {
        let lines = (1...Configuration.Mirrors.capacity).map { "mirror = a@b T\($0)\n" }.joined()
        let (c, fits) = parse(whole + lines)
        #expect(fits == [] && c.mirrors.count == Configuration.Mirrors.capacity)
        let (_, many) = parse(whole + lines + "mirror = a@b T\n")
        #expect(many == ["ward.conf:8: mirror: \"a@b T\" is one more than there can be: 4"])
    }

    @Test func aMirroredNameMayHaveSixtyFourBytesAndNotOneMore() {
        let (c, fits) = parse(whole + "mirror = a@b " + String(repeating: "x", count: 64) + "\n")
        #expect(fits == [] && c.mirrors[0].field.count == 64)
        let (_, long) = parse(whole + "mirror = a@b " + String(repeating: "x", count: 65) + "\n")
        #expect(long.count == 1 && long[0].hasSuffix("is not ADDRESS FIELD, as in lamp@example.org Temperature"))
    }

    @Test func allMistakesAreReportedAtOnce() {
        let (_, mistakes) = parse("colour = 1\ntls = x\n" + whole + "log = 7\n")
        #expect(mistakes.count == 3)
    }

    @Test func bytesThatAreNoTextAreRefused() {
        let (_, mistakes) = parse(Array(whole.utf8) + Array("parent = ".utf8) + [0xC3, 0x28, 0x0A])
        #expect(mistakes == ["ward.conf:4: is not UTF-8"])
    }

    @Test func aLineMayHaveAsManyBytesAsTheLimitAndNotOneMore() {
        let head = "# "
        let (_, fits) = parse(whole + head + String(repeating: "x", count: Configuration.lineLimit - 2) + "\n")
        #expect(fits == [])
        let (_, long) = parse(whole + head + String(repeating: "x", count: Configuration.lineLimit - 1) + "\n")
        #expect(long == ["ward.conf:4: has more bytes than 512"])
    }

    @Test func aValueLongerThanItsPlaceIsRefusedNotShortened() {
        let (_, mistakes) = parse(
            "jid = a@" + String(repeating: "j", count: 193) + "\npassword = " + String(repeating: "p", count: 129)
                + "\nca = /" + String(repeating: "c", count: 255) + "\nresource = " + String(repeating: "r", count: 129))
        #expect(mistakes.count == 4)
        #expect(mistakes[0].hasSuffix("is not an address like thing@example.org"))
        #expect(mistakes[1] == "ward.conf:2: password: has more bytes than 128")
        #expect(mistakes[2].hasSuffix("has more bytes than 255"))
        #expect(mistakes[3].hasSuffix("is not a resource (at most 128 bytes)"))
    }

    @Test func aPasswordIsNeverQuoted() {
        for text in ["password hunter2", "password=hunter2\u{1}", "pass hunter2=x", "Hunter2 = x", "password = hunter2\npassword = hunter2"] {
            let (_, mistakes) = parse("jid = a@b\nca = /x\n" + text + "\n")
            #expect(!mistakes.isEmpty)
            for mistake in mistakes { #expect(!mistake.lowercased().contains("hunter2"), "\(mistake)") }
        }
    }

    @Test func noInputTraps() {
        // Each prefix of a text with every construct, and each byte value in each place of a short one.
        let text = Array("jid = a@b # c\nserver = [::1]:1\npassword\n=\n#\n = \nlog=debug".utf8)
        for end in 0...text.count { _ = parse(Array(text[0..<end])) }
        for place in 0..<text.count {
            for byte in stride(from: UInt8(0), through: 255, by: 5) {
                var changed = text
                changed[place] = byte
                _ = parse(changed)
            }
        }
    }
}

/// Loads `path` as the firmware does.
private func load(_ path: String) -> (Configuration?, [String]) {
    var block = Block()
    var mistakes: [String] = []
    let bytes = Array(path.utf8)
    var configuration = Configuration()
    let good = configuration.load(bytes.span, through: &block) { mistakes.append(line($0, file: "F")) }
    let left = block.bytes.count
    #expect(left == 0)
    #expect(good == mistakes.isEmpty)
    return (good ? configuration : nil, mistakes)
}

@Suite(.serialized) struct ConfigurationFileTests {
    let folder = Folder()

    @Test func aFileIsLoaded() {
        let (c, mistakes) = load(folder.write("ward.conf", whole))
        #expect(mistakes == [])
        #expect(c?.password.string == "x")
    }

    @Test func aPasswordInAFileThatOthersReadIsNoticed() {
        for (mode, text, exposed) in [(0o600, whole, false), (0o644, whole, true), (0o640, whole, true),
            (0o644, "jid = a@b\nca = /x\npassword-file = /y\n", false)] as [(mode_t, String, Bool)] {
            let path = Array(folder.write("ward.conf", text, mode: mode).utf8)
            var configuration = Configuration()
            _ = configuration.read(Array(text.utf8).span) { _ in }
            #expect(configuration.exposesPassword(in: path.span) == exposed)
        }
    }

    @Test func aMissingFileIsSaid() {
        let (c, mistakes) = load(folder.path + "/none")
        #expect(c == nil)
        #expect(mistakes == ["F: cannot be read: no such file or directory"])
    }

    @Test func aFolderIsNoConfiguration() {
        #expect(load(folder.path).1 == ["F: is not a regular file"])
    }

    @Test func aFileBeyondTheLimitIsRefused() {
        let comment = "# " + String(repeating: "x", count: 98) + "\n"
        let file = folder.write("large", whole + String(repeating: comment, count: 200))
        #expect(load(file).1 == ["F: has more bytes than 16384"])
    }

    @Test func theLargestFileIsAsLargeAsTheBlock() {
        for (size, kind) in [(Block.maximum, nil), (Block.maximum + 1, .fileTooLarge(Block.maximum))] as [(Int, Mistake.Kind?)] {
            var block = Block()
            let path = Array(folder.write("large", [UInt8](repeating: 0x61, count: size)).utf8)
            let result = Configuration.read(path.span, into: &block, limit: Block.maximum, secret: false)
            #expect(result == kind)
        }
    }

    @Test func thePasswordMayBeInAFileOfItsOwn() {
        let secret = folder.write("secret", "s3cret\n")
        let (c, mistakes) = load(folder.write("ward.conf", "jid = a@b\nca = /x\npassword-file = \(secret)\n"))
        #expect(mistakes == [])
        #expect(c?.password.string == "s3cret")
    }

    @Test(arguments: [
        ("s3cret\n", 0o640, "is open to others than its owner: chmod 600 it"),
        ("s3cret\n", 0o604, "is open to others than its owner: chmod 600 it"),
        ("", 0o600, "holds no password"),
        ("\n", 0o600, "holds no password"),
        ("one\ntwo\n", 0o600, "holds more than one line"),
    ])
    func aPasswordFileIsChecked(content: String, mode: mode_t, words: String) {
        let secret = folder.write("s", content, mode: mode)
        let (c, mistakes) = load(folder.write("ward.conf", "jid = a@b\nca = /x\npassword-file = \(secret)\n"))
        #expect(c == nil)
        #expect(mistakes.count == 1)
        #expect(mistakes[0].hasPrefix("F:3: password-file: \"") && mistakes[0].hasSuffix(words), "\(mistakes)")
    }

    @Test func aMissingPasswordFileIsSaid() {
        let (_, mistakes) = load(folder.write("ward.conf", "jid = a@b\nca = /x\npassword-file = /none\n"))
        #expect(mistakes == ["F:3: password-file: \"/none\" cannot be read: no such file or directory"])
    }

    @Test func noPasswordAtAllIsAMistake() {
        let (_, mistakes) = load(folder.write("ward.conf", "jid = a@b\nca = /x\n"))
        #expect(mistakes == ["F: password: missing: give password, password-file or $CREDENTIALS_DIRECTORY/password"])
    }

    @Test func theServiceManagersCredentialIsTaken() {
        folder.write("password", "from-manager", mode: 0o440)
        setenv("CREDENTIALS_DIRECTORY", folder.path, 1)
        defer { unsetenv("CREDENTIALS_DIRECTORY") }
        let (c, mistakes) = load(folder.write("ward.conf", "jid = a@b\nca = /x\n"))
        #expect(mistakes == [])
        #expect(c?.password.string == "from-manager")
        let (_, twice) = load(folder.write("ward.conf", whole))
        #expect(twice == ["F:2: password: the password is given twice"])
    }
}

@Suite struct CommandLineTests {
    private func read(_ arguments: String...) -> CommandLine {
        let bytes = Array(arguments.map { $0 + "\0" }.joined().utf8)
        return CommandLine(bytes.span)
    }

    @Test func withoutArgumentsItRuns() {
        #expect(read().task == .run)
        #expect(read().configuration.string == "/etc/ward.conf")
    }

    @Test func eachTaskHasItsOption() {
        #expect(read("--check").task == .check)
        #expect(read("--describe").task == .describe)
        #expect(read("--once").task == .once)
        #expect(read("--version").task == .version)
        #expect(read("--help").task == .help)
    }

    @Test func theFileCanBeNamedInTwoWays() {
        #expect(read("--config", "/a", "--check").configuration.string == "/a")
        #expect(read("--once", "--config=/b").configuration.string == "/b")
        #expect(read("--once", "--config=/b").task == .once)
    }

    @Test func whatMakesNoSenseIsSaid() {
        #expect(read("--check", "--once").task == .contradiction)
        #expect(read("--config").task == .missingFile)
        #expect(read("--config=").task == .missingFile)
        #expect(read("--config", String(repeating: "x", count: 256)).task == .missingFile)
        for (argument, culprit) in [("-v", "-v"), ("", ""), ("--configure", "--configure"), ("check", "check"),
            (String(repeating: "y", count: 100), String(repeating: "y", count: 64))] {
            #expect(read(argument).task == .unknown)
            #expect(read(argument).culprit.string == culprit)
        }
    }
}
