import Fixed
import Testing

@testable import Linux

@Suite struct GPIOLineTests {
    private func words(_ text: String) -> String? { GPIOLine(Array(text.utf8).span)?.words.bytes.string }

    @Test func aLineIsAChipANumberAndALevel() {
        #expect(words("gpiochip0 17 low") == "gpiochip0 17 low")
        #expect(words("  /dev/gpiochip2\t511   high ") == "/dev/gpiochip2 511 high")
        #expect(words("gpiochip0 0 high none") == "gpiochip0 0 high")
        let plain = GPIOLine(Array("gpiochip0 0 high".utf8).span)
        let unbiased = GPIOLine(Array("gpiochip0 0 high none".utf8).span)
        #expect(plain != unbiased)
    }

    @Test func anythingElseIsNone() {
        for text in ["", " ", "gpiochip0", "gpiochip0 17", "gpiochip0 17 Low", "gpiochip0 512 low", "gpiochip0 -1 low", "gpiochip0 1x low",
            "gpiochip0 99999999999999999999 low", "17 low", "gpiochip0 17 low pull", "gpiochip0 17 low none none", "../mem 0 low",
            "sub/gpiochip0 0 low", ".. 0 low", "/ 0 low", String(repeating: "a", count: 65) + " 0 low"] {
            #expect(words(text) == nil, "\(text)")
        }
    }

    @Test func whatIsNoChipIsAnErrorAndNoPress() {
        for name in ["/nonexistent/gpiochip0", "/dev/null", "/etc/passwd"] {
            guard case .failed? = GPIOLine(Array("\(name) 0 low".utf8).span)?.press() else {
                Issue.record("\(name)")
                continue
            }
        }
    }

    /// How it ends, and when, where the button is pressed until that time.
    private func held(until released: Int64) -> (Bool, Int64) {
        var time: Int64 = 1000
        let isHeld = GPIOLine.isHeld(
            { time < 1000 + released }, now: { Instant(milliseconds: time) }, pause: { time += 50 })
        return (isHeld, time - 1000)
    }

    @Test func onlyAButtonHeldForThreeSecondsCounts() {
        #expect(held(until: 0) == (false, 0))
        #expect(held(until: 1) == (false, 50))
        #expect(held(until: 2951) == (false, 3000))
        #expect(held(until: 3000) == (false, 3000))
        #expect(held(until: 3001) == (true, 3000))
        #expect(held(until: .max - 2000) == (true, 3000))
    }
}
