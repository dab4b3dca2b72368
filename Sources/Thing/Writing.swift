import Access
import Fixed
import Readout
import XML
import XMPP

// A write, from the request to its answer (XEP-0325), through the one door.

extension Core {
    /// The platform set an output, or could not.
    mutating func written(_ index: Int, _ failure: Failure?, now: Instant) {
        order.written(index, failure)
        pump(now: now)
    }
}
