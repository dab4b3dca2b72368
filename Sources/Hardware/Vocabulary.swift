// A driver imports Hardware and nothing else: the words it needs of other rooms
// (Text, Decimal, Field, Reading, FieldSet) come with it.
@_exported import Access
@_exported import Fixed
@_exported import Readout
