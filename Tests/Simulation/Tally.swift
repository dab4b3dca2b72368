/// What happened, counted: a simulation in which nothing happens proves nothing.
struct Tally {
    enum What: String, CaseIterable {
        case connections, powerCuts, sleeps, breaks, conflicts, fullOutbox
        case questions, grants, partialGrants, denials, noAnswers, answersTooLate
        case clears, clearsInReadout, unfriends, revocations, friendshipsEnded
        case keptDecisions, valuesByKeptRecord
        case friendships, strangersRefused
        case reads, values, valuesForParent, readoutsDone, refusals, noDecisions, cancels
        case writes, setBack, forms
        case scheduled, started, valuesOfOld
        case subscriptions, events, rows
        case rules, wordsOfYes, wordsOfNo, readoutsByRule
        case attacks, parentAbsences
        // What happens where the Thing changes hands.
        case disowningsThere, claims, registryClaims, transfers, disownings, resets, delegations
        case wrongKeys, claimsWhileLocked, registrations, cutsOfTitle, failedSaves

        static let gate = allCases.filter { !market.contains($0) || $0 == .connections || $0 == .powerCuts || $0 == .sleeps || $0 == .breaks || $0 == .values || $0 == .attacks }
        static let market: [What] = [
            .connections, .powerCuts, .sleeps, .breaks, .values, .attacks, .claims, .registryClaims, .transfers, .disownings, .disowningsThere,
            .resets, .delegations, .wrongKeys, .claimsWhileLocked, .registrations, .cutsOfTitle, .failedSaves,
        ]

        /// How often at least in a thousand seeds.
        var least: Int {
            switch self {
            case .fullOutbox: return 0
            case .attacks: return 10_000
            case .claims, .wrongKeys, .claimsWhileLocked: return 1_000
            case .setBack: return 5
            case .disowningsThere: return 5
            case .conflicts, .clearsInReadout, .answersTooLate, .revocations, .forms, .scheduled, .started: return 50
            default: return 200
            }
        }
    }

    private(set) var counts = [Int](repeating: 0, count: What.allCases.count)

    static func index(_ what: What) -> Int { What.allCases.firstIndex(of: what)! }

    mutating func add(_ what: What) { counts[Self.indices[what]!] += 1 }
    mutating func add(_ other: Tally) { for i in counts.indices { counts[i] += other.counts[i] } }

    private static let indices = Dictionary(uniqueKeysWithValues: What.allCases.enumerated().map { ($1, $0) })
}
