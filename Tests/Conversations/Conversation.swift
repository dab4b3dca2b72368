import Access
import Fixed
import Foundation
import Readout
// The bench of these conversations, in all their files.
@_exported import Support
import Testing
import Thing
import XMPP

/// How the server's bytes reach the Thing: nothing may depend on it.
enum Pace: CaseIterable, Sendable {
    case whole, byteByByte
}

/// What an output does when it is to be set.
enum Obedience {
    case obeys, isSilent
    case fails(Failure)
}

/// One Thing under an invented clock, and everybody it talks to.
///
/// The platform's part is played here as its contract says: outgoing bytes are
/// taken, sensors are read when asked for, `poll` is called when its `Wake` says
/// so. What breaks a promise that holds in every conversation is recorded at
/// once: output that is not XML, an IQ answered twice, a clock that is asked for
/// without end.
final class Conversation {
    var core: Thing<TestCryptography>
    let laboratory: Laboratory
    let pace: Pace
    var now = Instant(milliseconds: 1_000_000)
    private(set) var wake = Wake.onInput
    /// Times the platform was woken by its clock.
    private(set) var wakeUps = 0

    /// What the Thing said and nobody has listened to yet.
    var said: [Utterance] = []
    private var wire = Wire()
    private(set) var lines: [String] = []
    /// Remembered by `$name` in patterns, put in for `$name` in what is sent.
    var names: [String: String] = [:]

    /// What came from the server and was not taken yet.
    private var inbox: [UInt8] = []
    /// Bytes that the network still takes; nil where it takes all.
    var outlet: Int?
    /// Bytes of one write.
    var writeSize = Int.max
    /// Requests that have had no answer yet, by sender and id.
    private(set) var unanswered: [String: Int] = [:]
    private(set) var answers = 0
    /// False where what the server sends may not even be XML, and cannot be kept count of.
    var auditsAnswers = true
    /// The id of the latest request for the roster.
    private(set) var rosterID = ""
    /// Told of every stanza, as it is sent.
    var onStanza: ((Node, String) -> Void)?

    /// What each field says, by its place; nil while the sensor is silent.
    var sensors: [Int: Reading?] = [:]
    /// Fields that were asked for, pass by pass.
    private(set) var passes: [FieldSet] = []
    /// What an output does with its values, by its field's place; one that is not here obeys.
    var outputs: [Int: Obedience] = [:]
    /// What was set or was to be set, in order: `1=75`.
    var written: [String] = []

    var thing: Speaker { Speaker(conversation: self) }
    var server: Server { Server(conversation: self) }
    var time: Clock { Clock(conversation: self) }
    var log: Log { Log(conversation: self) }

    init(_ pace: Pace = .whole, identity: Identity = .usual, fields: [Field] = Field.usual, seed: UInt64 = 1) {
        self.pace = pace
        laboratory = Laboratory(seed: seed)
        laboratory.enter()
        let core = Thing<TestCryptography>(identity: identity)
        self.core = core
        for (i, field) in fields.enumerated() {
            let isNew = self.core.declare(field)
            #expect(isNew)
            sensors[i] = .value(.numeric(Decimal(2340 + Int64(i), scale: 2)))
        }
        self.core.setWallClock(unixMilliseconds: 1_767_225_600_000, at: now)
        settle()
    }

    /// Every call goes through here, so that randomness is this conversation's.
    func use<T>(_ call: (inout Thing<TestCryptography>) -> T) -> T {
        laboratory.enter()
        return call(&core)
    }

    var wish: Wish { core.wish }
    var stateChanged: Bool { core.stateChanged }
    var redirection: String { String(decoding: use { $0.redirection.array }, as: UTF8.self) }
    var readerPeak: Int { core.readerMemory.peak }
    var outgoingCount: Int { use { $0.outgoing.count } }

    // MARK: The platform

    /// Turns of the loop until there is nothing left to do now.
    func settle() {
        for _ in 0..<200_000 {
            var busy = transmit()
            busy = takeInbox() || busy
            drainJournal()
            busy = readSensors() || busy
            busy = setOutputs() || busy
            wake = use { $0.poll(now: now) }
            if outgoingCount > 0 && outlet == nil { busy = true }
            if !busy && wake != .now { return drainJournal() }
        }
        Issue.record("the loop never comes to rest: \(wake), wish \(wish)")
    }

    private func drainJournal() {
        guard !core.journal.isEmpty else { return }
        let text = core.journal.takeText()
        lines += text.split(separator: "\n").map(String.init)
    }

    private func transmit() -> Bool {
        let waiting = outgoingCount
        let count = min(waiting, outlet ?? waiting, writeSize)
        guard count > 0 else { return false }
        if let left = outlet { outlet = left - count }
        let bytes = use { thing in
            let bytes = thing.outgoing.extracting(first: count).array
            thing.transmitted(count)
            return bytes
        }
        for byte in bytes {
            if let utterance = wire.take(byte) { hear(utterance) }
        }
        return true
    }

    private func hear(_ utterance: Utterance) {
        said.append(utterance)
        switch utterance {
        case .garbage(let text): Issue.record("the Thing's output is not XML: \(text)")
        case .element(let node, let text):
            onStanza?(node, text)
            if node.name == "iq", node.child("query")?.namespace == "jabber:iq:roster" { rosterID = node.attributes["id"] ?? "" }
            guard auditsAnswers, node.name == "iq" else { break }
            guard let type = node.attributes["type"], type == "result" || type == "error" else { break }
            let key = Self.key(to: node.attributes["to"], id: node.attributes["id"])
            answers += 1
            switch unanswered[key] {
            case nil: Issue.record("an answer to nothing, or the second one: \(text)")
            case 1: unanswered[key] = nil
            case let n?: unanswered[key] = n - 1
            }
        default: break
        }
    }

    private static func key(to address: String?, id: String?) -> String { "\(address ?? "") \(id ?? "")" }

    private func readSensors() -> Bool {
        let wanted = use { $0.takeSampleRequest(now: now) }
        guard !wanted.isEmpty else { return false }
        passes.append(wanted)
        for i in 0..<128 where wanted.contains(i) {
            if let reading = sensors[i] ?? nil { use { $0.sampled(i, reading, now: now) } }
        }
        return true
    }

    /// A field says that it changed, as a button does.
    func changes(_ field: Int) {
        use { $0.changed(field, now: now) }
        settle()
    }

    private func setOutputs() -> Bool {
        guard let request = use({ $0.takeWriteRequest(now: now) }) else { return false }
        var value = Text<32>()
        request.value.write(to: &value)
        written.append("\(request.index)=\(string(value.bytes))")
        switch outputs[request.index] ?? .obeys {
        case .obeys:
            sensors[request.index] = .value(request.value)
            output(request.index, says: nil)
        case .fails(let failure): output(request.index, says: failure)
        case .isSilent: break
        }
        return true
    }

    /// An output was set, or was not.
    func output(_ index: Int, says failure: Failure?) {
        use { $0.written(index, failure, now: now) }
    }

    /// A sensor that was silent answers at last.
    func sensor(_ index: Int, says reading: Reading) {
        use { $0.sampled(index, reading, now: now) }
        settle()
    }

    // MARK: Time

    func advance(_ interval: Interval) {
        let end = now + interval
        var idle = 0
        while case .at(let instant) = wake, instant <= end {
            if instant > now {
                now = instant
                idle = 0
            } else {
                idle += 1
                if idle > 20 {
                    Issue.record("the Thing wants to be woken at an instant that is past, and does nothing")
                    break
                }
            }
            wakeUps += 1
            settle()
        }
        now = end
        settle()
    }

    // MARK: The connection

    /// Lets the platform connect as soon as the Thing wants it; `secure` by direct TLS.
    func connect(secure: Bool = false, binding: String = "", sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(wish == .connect, "the Thing does not want to connect", sourceLocation: sourceLocation)
        use { $0.connecting() }
        wire = Wire()
        inbox = []
        if secure { use { $0.secured(channelBinding: Array(binding.utf8).span, now: now) } }
        use { $0.connected(secure: secure, now: now) }
        settle()
    }

    /// The TLS that the Thing wished for is up.
    func secure(binding: String = "", sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(wish == .startTLS, "the Thing does not want TLS", sourceLocation: sourceLocation)
        wire = Wire()
        use { $0.secured(channelBinding: Array(binding.utf8).span, now: now) }
        settle()
    }

    func disconnect(_ why: Disconnection = .closedByPeer) {
        use { $0.disconnected(why, now: now) }
        inbox = []
        unanswered = [:]
        settle()
    }

    // MARK: Listening

    /// Takes the question what a client is out of what the Thing said, and answers its id.
    func takeDiscovery(of jid: String) -> String? {
        for (i, utterance) in said.enumerated() {
            guard case .element(let node, _) = utterance, node.attributes["to"] == jid,
                node.child("query")?.namespace == "http://jabber.org/protocol/disco#info", node.attributes["type"] == "get"
            else { continue }
            said.remove(at: i)
            return node.attributes["id"]
        }
        return nil
    }

    /// `$name` replaced by what it stands for.
    func filledIn(_ text: String) -> String {
        guard text.contains("$") else { return text }
        var text = text
        for (name, value) in names.sorted(by: { $0.key.count > $1.key.count }) {
            text = text.replacingOccurrences(of: "$" + name, with: value)
        }
        return text
    }

    /// Bytes arrive from the server; what is not taken waits.
    func receive(_ bytes: [UInt8]) {
        inbox += bytes
        settle()
    }

    private func takeInbox() -> Bool {
        var at = 0
        while at < inbox.count {
            let end = pace == .whole ? inbox.count : at + 1
            let piece = Array(inbox[at..<end])
            let taken = use { $0.receive(piece.span, now: now) }
            at += taken
            if taken < 0 || at > end { Issue.record("more was taken than there was") }
            if taken == 0 { break }
            if pace == .byteByByte && outlet == nil { _ = transmit() }
        }
        inbox.removeFirst(at)
        return at > 0
    }

    /// Bytes from the server that the Thing has not taken.
    var untaken: Int { inbox.count }

    /// A request is on its way: exactly one answer is due.
    func expectAnswer(from address: String?, id: String?) { unanswered[Self.key(to: address, id: id), default: 0] += 1 }
}

/// The Thing, as the others hear it.
struct Speaker {
    let conversation: Conversation

    /// The next thing said is this stanza. See `Node.difference` for patterns.
    func says(_ pattern: String, sourceLocation: SourceLocation = #_sourceLocation) {
        guard let expected = Node.parse(pattern) else {
            Issue.record("not XML: \(pattern)", sourceLocation: sourceLocation)
            return
        }
        guard !conversation.said.isEmpty else {
            Issue.record("the Thing is silent, instead of: \(pattern)", sourceLocation: sourceLocation)
            return
        }
        let next = conversation.said.removeFirst()
        guard case .element(let node, let text) = next else {
            Issue.record("the Thing says: \(next.text)\ninstead of: \(pattern)", sourceLocation: sourceLocation)
            return
        }
        if let why = node.difference(from: expected, &conversation.names) {
            Issue.record(
                "\(why)\nthe Thing says: \(text)\ninstead of: \(pattern)", sourceLocation: sourceLocation)
        }
    }

    func saysNothing(sourceLocation: SourceLocation = #_sourceLocation) {
        for utterance in conversation.said {
            Issue.record("the Thing says: \(utterance.text)", sourceLocation: sourceLocation)
        }
        conversation.said = []
    }

    /// The next thing said is the stream element, whatever its attributes.
    @discardableResult
    func opens(sourceLocation: SourceLocation = #_sourceLocation) -> String {
        guard !conversation.said.isEmpty, case .opening(let text) = conversation.said.removeFirst() else {
            Issue.record("the Thing opens no stream", sourceLocation: sourceLocation)
            return ""
        }
        return text
    }

    /// The next thing said is the end of the stream, and nothing comes behind it.
    func ends(sourceLocation: SourceLocation = #_sourceLocation) {
        guard !conversation.said.isEmpty, case .ending = conversation.said.removeFirst() else {
            Issue.record("the Thing does not end its stream", sourceLocation: sourceLocation)
            return
        }
        #expect(conversation.wish == .close || isExit, sourceLocation: sourceLocation)
        saysNothing(sourceLocation: sourceLocation)
    }

    private var isExit: Bool { if case .exit = conversation.wish { true } else { false } }

    /// All that was said meanwhile, taken note of.
    func hearOut() -> [Node] {
        defer { conversation.said = [] }
        return conversation.said.compactMap { if case .element(let node, _) = $0 { node } else { nil } }
    }

    /// Every request so far has had its one answer.
    func hasAnsweredEverything(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(conversation.unanswered.isEmpty, "requests without an answer", sourceLocation: sourceLocation)
    }
}

/// The server, and through it everybody else.
struct Server {
    let conversation: Conversation

    /// Stanzas, one or several, whoever they are from. IQ requests are kept count of.
    func sends(_ stanzas: String) {
        let text = conversation.filledIn(stanzas)
        if text.contains("<iq"), let all = Node.parse("<all>\(text)</all>") {
            for node in all.children where node.name == "iq" {
                guard let type = node.attributes["type"], type == "get" || type == "set" else { continue }
                conversation.expectAnswer(from: node.attributes["from"], id: node.attributes["id"])
            }
        }
        conversation.receive(Array(text.utf8))
    }

    /// Bytes as they are, no request being counted.
    func sends(raw text: String) { conversation.receive(Array(conversation.filledIn(text).utf8)) }

    /// Its stream element, and the features.
    func opens(_ features: String) {
        sends(raw: "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
            + "xmlns:stream='http://etherx.jabber.org/streams' id='s1' from='home.example' version='1.0'>"
            + "<stream:features>\(features)</stream:features>")
    }
}

struct Clock {
    let conversation: Conversation
    func passes(_ interval: Interval) { conversation.advance(interval) }

    /// How long from now until the Thing wants to be woken, if it does.
    var untilWake: Interval? {
        if case .at(let instant) = conversation.wake { return instant.since(conversation.now) }
        return nil
    }
}

struct Log {
    let conversation: Conversation
    func contains(_ words: String) -> Bool { conversation.lines.contains { $0.contains(words) } }
    func count(_ words: String) -> Int { conversation.lines.count { $0.contains(words) } }
}

extension Journal {
    /// The lines that wait, which are then forgotten.
    fileprivate mutating func takeText() -> String {
        let text = String(decoding: bytes.array, as: UTF8.self)
        let count = bytes.count
        take(count)
        return text
    }
}
