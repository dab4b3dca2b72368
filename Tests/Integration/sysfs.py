"""A /sys of the tests' own: the same files and links as the kernel makes, with known values.

The one channel that fails is a link to a file whose read gives EIO, as a sensor that
does not answer does.
"""

from pathlib import Path

UNREADABLE = "/proc/self/mem"   # a read at offset 0 is answered EIO

# labelled channels, by their exact names: (value, unit)
BOILER = "Boiler"
OUTSIDE = "Outside"
SUPPLY = "Supply 3.3V"
CELLAR = "Cellar humidity"
BROKEN = "Broken probe"
# outputs, by their parameters' names; the second is one that the kernel lets nobody set
LAMP = "ward:lamp"
STUCK = "ward:stuck"
PANEL = "wardpanel brightness"
PULSE = "ward-pwm duty cycle 0"
EXACT = {BOILER: ("23.400", "°C"), OUTSIDE: ("-5.250", "°C"), SUPPLY: ("3.312", "V")}


class Sysfs:
    """Lays a tree out in `root`; `set` changes one channel afterwards."""

    def __init__(self, root):
        self.root = Path(root)
        self._hwmon("hwmon0", "wardchip", {
            "temp1_label": BOILER, "temp1_input": "23400",
            "temp2_label": OUTSIDE, "temp2_input": "-5250",
            "temp3_input": "0",
            "in0_label": SUPPLY, "in0_input": "3312",
            "curr1_input": "1500", "power1_input": "2500000", "fan1_input": "1200",
            "humidity1_label": CELLAR, "humidity1_input": "45300"})
        self._hwmon("hwmon1", "badchip", {"temp1_label": BROKEN})
        (self.device("hwmon1") / "temp1_input").symlink_to(UNREADABLE)
        self._make("devices/virtual/thermal", "class/thermal", "thermal_zone0",
                   {"type": "wardzone", "temp": "41250"})
        self._make("devices/platform/wardiio", "bus/iio/devices", "iio:device0", {
            "name": "wardiio", "in_pressure_input": "101.325", "in_voltage0_raw": "1024", "in_voltage0_scale": "0.5"})
        self._make("devices/platform/wardbattery/power_supply", "class/power_supply", "WBAT0", {
            "type": "Battery", "status": "Discharging", "capacity": "87", "voltage_now": "12600000"})
        self._make("devices/platform/wardleds/leds", "class/leds", LAMP, {"max_brightness": "255", "brightness": "10"})
        self._make("devices/platform/wardleds/leds", "class/leds", STUCK, {"max_brightness": "255", "kept": "1"})
        self.output("leds", STUCK, "brightness").symlink_to("kept")
        self._make("devices/platform/wardpanel/backlight", "class/backlight", "wardpanel", {
            "max_brightness": "31", "brightness": "31", "actual_brightness": "30"})
        self._make("devices/platform/ward-pwm/pwm", "class/pwm", "pwmchip0", {"npwm": "1"})
        (self.root / "class/pwm/pwmchip0/pwm0").mkdir()
        for file, text in {"period": "20000000", "duty_cycle": "0", "enable": "0"}.items():
            self.output("pwm", "pwmchip0/pwm0", file).write_text(text + "\n")

    def _make(self, place, shelf, name, files):
        folder = self.root / place / name
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(text + "\n")
        link = self.root / shelf / name
        link.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * len(Path(shelf).parts)
        link.symlink_to(f"{up}{place}/{name}")

    def _hwmon(self, name, chip, files):
        self._make(f"devices/platform/{chip}/hwmon", "class/hwmon", name, {"name": chip, **files})

    def device(self, name):
        """The folder of hwmonN."""
        return self.root / "class/hwmon" / name

    def output(self, shelf, name, file):
        """A file of an output, for example of `leds`, `ward:lamp`."""
        return self.root / "class" / shelf / name / file

    def holds(self, shelf, name, file):
        """What is written in it."""
        return self.output(shelf, name, file).read_text().strip()

    def set(self, channel, text, device="hwmon0"):
        (self.device(device) / channel).write_text(text + "\n")
