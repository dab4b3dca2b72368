import Fixed

/// One quantity a Thing can be asked for (XEP-0323 §"Fields").
public struct Field: Sendable {
    /// Unique within the Thing and the same after every restart; a label given
    /// by the kernel, letter for letter, where there is one.
    public var name: Text<64>
    /// As written on the wire, for example `°C`, `V`, `%`; empty for a value without one.
    public var unit: Text<16>

    public init(name: Text<64>, unit: Text<16>) {
        self.name = name
        self.unit = unit
    }

    /// A field without a name, for unused places.
    public init() { self.init(name: Text(), unit: Text()) }
}
