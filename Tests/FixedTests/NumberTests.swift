import Fixed
import Testing

@Suite("Decimals are exact, digit for digit")
struct DecimalTests {
    private func parse(_ text: String) -> Decimal? { Decimal(text.utf8Bytes.span) }
    private func format(_ decimal: Decimal) -> String { written { decimal.write(to: &$0) } }

    @Test("What is written keeps its digits", arguments: [
        (2340, 2, "23.40"), (234, 1, "23.4"), (0, 0, "0"), (0, 2, "0.00"), (-5, 2, "-0.05"), (5, 2, "0.05"), (-40, 0, "-40"),
        (-2340, 2, "-23.40"), (1, 18, "0.000000000000000001"), (-1, 18, "-0.000000000000000001"), (100, 2, "1.00"),
        (.max, 0, "9223372036854775807"), (.max, 18, "9.223372036854775807"), (.min, 0, "-9223372036854775808"),
        (.min, 1, "-922337203685477580.8"), (.min, 18, "-9.223372036854775808"), (99, 3, "0.099"), (-999, 3, "-0.999"),
    ] as [(Int64, UInt8, String)])
    func format(mantissa: Int64, scale: UInt8, text: String) {
        #expect(format(Decimal(mantissa, scale: scale)) == text)
    }

    @Test("What is read keeps its digits", arguments: [
        ("23.40", 2340, 2), ("23.4", 234, 1), ("0", 0, 0), ("-0.05", -5, 2), ("+7", 7, 0), ("-0", 0, 0), ("007", 7, 0),
        ("5.", 5, 0), (".5", 5, 1), ("-.5", -5, 1), ("999999999999999999", 999_999_999_999_999_999, 0),
        ("0.12345678901234567", 12_345_678_901_234_567, 17), (".123456789012345678", 123_456_789_012_345_678, 18),
    ] as [(String, Int64, UInt8)])
    func parse(text: String, mantissa: Int64, scale: UInt8) {
        #expect(parse(text) == Decimal(mantissa, scale: scale))
    }

    @Test("What is no number is none, never zero", arguments: [
        "", "-", "+", ".", "-.", "+-1", "--1", "1-", "1.2.3", "1..2", "1e3", "1E3", "0x1F", " 1", "1 ", "1\n", "NaN", "inf",
        "1,5", "\u{661}", "1\u{0}", "1000000000000000000", "0000000000000000001", ".1234567890123456789", "-9223372036854775808",
    ])
    func noNumber(text: String) { #expect(parse(text) == nil) }

    @Test("A scale beyond 18 is 18")
    func scale() {
        #expect(Decimal(1, scale: 19).scale == 18 && Decimal(1, scale: 255).scale == 18)
        var decimal = Decimal(15, scale: 1)
        decimal.scale = 200
        #expect(format(decimal) == "0.000000000000000015")
    }

    @Test("Written and read again it is the same")
    func roundTrip() {
        var random = Sequence64(seed: 2)
        for _ in 0..<20_000 {
            let digits = Int64.random(in: -99_999_999_999_999_999...99_999_999_999_999_999, using: &random)
            let decimal = Decimal(digits >> Int64.random(in: 0..<57, using: &random), scale: .random(in: 0...17, using: &random))
            guard parse(format(decimal)) == decimal else {
                Issue.record("\(decimal) is written \(format(decimal))")
                return
            }
        }
    }

    @Test("Any bytes are a number or none")
    func fuzz() {
        let alphabet = "0123456789+-.eE ".utf8Bytes
        var random = Sequence64(seed: 3)
        for n in 0..<50_000 {
            let bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                n % 2 == 0 ? alphabet.randomElement(using: &random)! : UInt8.random(in: 0...255, using: &random)
            }
            guard let decimal = Decimal(bytes.span) else { continue }
            // The same number, by another way.
            let text = string(bytes.span)
            guard let double = Double(text), let again = Double(format(decimal)), double == again else {
                Issue.record("\(text) was read as \(format(decimal))")
                return
            }
        }
    }
}

@Suite("Whole numbers are written and read without loss")
struct WholeNumberTests {
    @Test("Written", arguments: [0, 1, -1, 9, 10, -10, 1_000_000, .max, .min, .min + 1] as [Int64])
    func decimal(number: Int64) {
        #expect(written { $0.put(decimal: number) } == String(number))
        #expect(written { $0.put(decimal: Int(number)) } == String(number))
    }

    @Test("Written to a width", arguments: [
        (0, 2, "00"), (7, 2, "07"), (10, 2, "10"), (123, 2, "123"), (5, 0, "5"), (5, -3, "5"), (1, 4, "0001"), (0, 1, "0"),
        (1, 18, "000000000000000001"), (7, 100, "000000000000000007"), (-7, 3, "-007"), (.min, 18, "-9223372036854775808"),
    ] as [(Int64, Int, String)])
    func width(number: Int64, width: Int, text: String) {
        #expect(written { $0.put(decimal: number, width: width) } == text)
    }

    @Test("Read: digits alone", arguments: [
        ("0", 0), ("007", 7), ("2147483648", 2_147_483_648), ("999999999999999999", 999_999_999_999_999_999), ("", nil),
        ("-1", nil), ("+1", nil), (" 1", nil), ("1 ", nil), ("1.0", nil), ("a", nil), ("1000000000000000000", nil),
        ("99999999999999999999999", nil), ("\u{661}", nil), ("0x1", nil),
    ] as [(String, Int?)])
    func read(text: String, number: Int?) { #expect(text.utf8Bytes.span.decimalNumber == number) }

    @Test("Hexadecimal digits")
    func hex() {
        #expect(written { $0.put(hex: [0x00, 0x0F, 0xF0, 0xAB, 0xFF].span) } == "000ff0abff")
        #expect(written { $0.put(hex: "".utf8Bytes.span) } == "")
    }
}
