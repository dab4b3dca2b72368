import Fixed
import Testing

@Suite("Durations are read exactly, or not at all")
struct DurationTests {
    private func parse(_ text: String) -> Int64? { Interval(duration: text.utf8Bytes.span)?.milliseconds }

    @Test("What has a length of its own", arguments: [
        ("PT5S", 5_000), ("PT15M", 900_000), ("PT1H", 3_600_000), ("P1D", 86_400_000), ("P1DT12H30M5.25S", 131_405_250),
        ("-PT0.5S", -500), ("PT0S", 0), ("PT0.001S", 1), ("PT0.5000S", 500), ("PT90M", 5_400_000), ("P0DT1S", 1_000),
        ("P11574DT1H46M40S", 1_000_000_000_000),
    ] as [(String, Int64)])
    func lengths(text: String, milliseconds: Int64) {
        #expect(parse(text) == milliseconds)
    }

    @Test("What has none, is too long, too fine, or no duration", arguments: [
        "", "P", "PT", "P1", "1S", "PT5", "T5S", "P1DT", "P1Y", "P1M", "P1Y2M", "PT1S1M", "PT1M1M", "PT1.5M", "P1.5D", "PT.5S",
        "PT5.S", "PT0.0001S", "--PT1S", "+PT1S", "PT-1S", "P-1D", "PT1S ", " PT1S", "PTT1S", "pt1s", "P1H", "PT1D",
        "P11575D", "P999999999999999D", "PT99999999999999999S", "PT9223372036854775807S",
    ])
    func nothing(text: String) {
        #expect(parse(text) == nil)
    }

    @Test("Decimals: how far one is from the other, to the last digit, or that it is beyond measure", arguments: [
        ("23.45", "23.40", "0.05"), ("23.4", "23.40", "0.00"), ("-1", "1", "-2"), ("0.00000000000000001", "0", "0.00000000000000001"),
    ])
    func difference(new: String, old: String, way: String) {
        #expect(Decimal(new.utf8Bytes.span)?.difference(from: Decimal(old.utf8Bytes.span)!) == Decimal(way.utf8Bytes.span))
        #expect(Decimal(.max).difference(from: Decimal(-1)) == nil)
        #expect(Decimal(.min).difference(from: Decimal(0)) == nil)
        #expect(Decimal(100_000_000_000_000_000).difference(from: Decimal(1, scale: 18)) == nil)
    }
}
