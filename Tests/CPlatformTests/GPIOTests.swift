import CPlatform
import Testing

/// How a board names the chip that a line is on.
@Suite("GPIO chips") struct GPIOTests {
    private func isListed(_ label: String, _ list: String) -> Bool {
        ward_gpio_is_listed(label, Array(list.utf8), Int32(list.utf8.count)) == 1
    }

    @Test("a label is itself, whole, and one of several", arguments: [
        ("20a4000.gpio", "20a4000.gpio", true), ("pinctrl-bcm2711", "pinctrl-bcm2835,pinctrl-bcm2711", true),
        ("pinctrl-bcm2835", "pinctrl-bcm2835,pinctrl-bcm2711", true), ("20a4000.gpi", "20a4000.gpio", false),
        ("20a4000.gpio0", "20a4000.gpio", false), ("", "", false), ("", "a,,b", false), ("a,b", "a,b", false), ("b", ",b", true),
    ])
    func labels(_ label: String, _ list: String, _ isOne: Bool) {
        #expect(isListed(label, list) == isOne)
    }
}
