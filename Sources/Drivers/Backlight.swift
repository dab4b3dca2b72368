import Hardware

/// Backlights of displays (kernel: Documentation/ABI/stable/sysfs-class-backlight).
///
/// The parameter is called `<directory> brightness`. The field is `actual_brightness`, what
/// the hardware says, where there is one; a display that is off may say 0 there.
///
/// Not supported: power (`bl_power`), scale and type.
public enum Backlight: Brightness {
    public static var directory: StaticString { "class/backlight" }
    public static var isCalledAsDirectory: Bool { false }
}
