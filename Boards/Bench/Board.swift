import Bench
import Drivers
import Hardware
import Linux

/// No board at all: every chip that there is a driver for, and what hangs on lines, without any of them.
/// It is a whole Thing on any machine, and says the same each time it is read.
enum Board {
    static let lines = soldered {
        Relay(on: BenchLine(), named: "Relay")
        Button(on: BenchLine(), named: "Button")
    }

    static let chips = soldered {
        TMP105(on: BenchBus.tmp105)
        LM75(on: BenchBus.lm75)
        TMP421(on: BenchBus.tmp421)
        MCP9808(on: BenchBus.mcp9808).named("Freezer")
        SHT3x(on: BenchBus.sht3x).named("Cellar")
        BME280(on: BenchBus.bme280)
        DPS310(on: BenchBus.dps310)
        BH1750(on: BenchBus.bh1750)
        INA219(on: BenchBus.ina219, shuntInMicroohms: 100_000).named("Battery")
        ADS1115(on: BenchBus.ads1115, .a0, .volts4_096)
    }

    static var history: (seconds: Int, rows: Int) { (seconds: 60, rows: 160) }

    static var nameplate: Nameplate { Nameplate(manufacturer: "example.org", model: "Bench") }
}
