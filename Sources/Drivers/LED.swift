import Hardware

/// Light-emitting diodes (kernel: Documentation/ABI/testing/sysfs-class-led,
/// sysfs-class-led-multicolor).
///
/// The parameter is called as the directory in `class/leds`, letter for letter (`green:status`). 0
/// ends a trigger such as `heartbeat`; another value is then the trigger's, until it ends.
///
/// Not supported: triggers, blinking, hardware patterns, the colours of a multicolour LED (its
/// brightness is that of all of them together).
public enum LED: Brightness {
    public static var directory: StaticString { "class/leds" }
    public static var isCalledAsDirectory: Bool { true }
}
