import Fixed

/// One SRV record (RFC 2782): a host that offers a service.
struct Service: Sendable {
    var priority: UInt16
    var weight: UInt16
    var port: UInt16
    /// Empty: the service is decidedly not offered.
    var host: HostName

    /// Puts services in the order in which they are to be tried: by priority, and
    /// among equals by chance in proportion to their weight.
    static func arrange<let n: Int>(_ services: inout List<n, Service>, random: () -> UInt32) {
        for place in services.indices {
            var priority = UInt16.max
            for i in place..<services.count { priority = min(priority, services[i].priority) }
            var total: UInt32 = 0
            for i in place..<services.count where services[i].priority == priority {
                total &+= UInt32(services[i].weight)
            }
            let drawn = random() % (total &+ 1)
            let chosen = choose(services, from: place, priority: priority, drawn: drawn)
            let service = services[chosen]
            services[chosen] = services[place]
            services[place] = service
        }
    }

    /// The first whose running sum of weights reaches `drawn`; those without weight
    /// come first, so that they have their small chance.
    private static func choose<let n: Int>(
        _ services: borrowing List<n, Service>, from place: Int, priority: UInt16, drawn: UInt32
    ) -> Int {
        var sum: UInt32 = 0
        var last = place
        for round in 0..<2 {
            for i in place..<services.count {
                let service = services[i]
                guard service.priority == priority, (service.weight == 0) == (round == 0) else { continue }
                sum &+= UInt32(service.weight)
                last = i
                if sum >= drawn { return i }
            }
        }
        return last
    }
}
