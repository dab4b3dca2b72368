import Fixed

/// One quantity a Thing can be asked for (XEP-0323 §"Fields").
public struct Field: Sendable {
    /// Unique within its node and the same after every restart; a label given
    /// by the kernel, letter for letter, where there is one.
    public var name: Text<64>
    /// As written on the wire, for example `°C`, `V`, `%`; empty for a value
    /// without one. Of an enumeration: its data type.
    public var unit: Text<16>
    /// The node it belongs to, by its place in the catalogue; 0 is the Thing's own.
    public var node: UInt8 = 0
    /// What can be set of it; nil where it can only be read.
    public var output: Output?

    public init(name: Text<64>, unit: Text<16>, output: Output? = nil) {
        self.name = name
        self.unit = unit
        self.output = output
    }

    /// A field without a name, for unused places.
    public init() { self.init(name: Text(), unit: Text()) }
}
