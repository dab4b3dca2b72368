import Fixed
import Foundation
import Hardware
import TLS
import Testing

@testable import Linux

/// A store on a test's folder.
private func opened(_ path: String) throws -> FileStore {
    var store = FileStore()
    let bytes = Array(path.utf8)
    let error = store.open(bytes.span, shared: false)
    try #require(error == nil)
    return store
}

private func load(_ store: borrowing FileStore) -> (Loading<SystemError>, [UInt8]) {
    var block = Block()
    let result = store.load(MbedCryptography.self, into: &block)
    guard case .record(let offset) = result else { return (result, []) }
    return (result, block.bytes.extracting(droppingFirst: offset).array)
}

@Suite struct FileStoreTests {
    let folder = Folder()
    let record = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    @Test func whatWasSavedIsLoaded() throws {
        let store = try opened(folder.path)
        #expect(load(store).0 == .nothing)
        #expect(store.save(record.span, changingHands: false, MbedCryptography.self) == nil)
        #expect(folder.names == ["ward.lock", "ward.state"])
        #expect(folder.mode(of: "ward.state") == 0o600)
        let again = try opened(folder.path)
        #expect(load(again).1 == record)
        let other: [UInt8] = [1, 2, 3]
        #expect(again.save(other.span, changingHands: false, MbedCryptography.self) == nil)
        #expect(load(again).1 == other)
    }

    @Test func anEmptyRecordAndTheLargestAreRecords() throws {
        let store = try opened(folder.path)
        let none: [UInt8] = []
        #expect(store.save(none.span, changingHands: false, MbedCryptography.self) == nil)
        #expect(load(store).0 == .record(at: 48))
        let large = [UInt8](repeating: 9, count: StateRecord.limit)
        #expect(store.save(large.span, changingHands: false, MbedCryptography.self) == nil)
        #expect(load(store).1 == large)
        let larger = [UInt8](repeating: 9, count: StateRecord.limit + 1)
        #expect(store.save(larger.span, changingHands: false, MbedCryptography.self) != nil)
        #expect(load(store).1 == large)
    }

    @Test func everyFlippedBitIsFound() throws {
        let store = try opened(folder.path)
        let short: [UInt8] = [5, 6, 7, 8]
        #expect(store.save(short.span, changingHands: false, MbedCryptography.self) == nil)
        let file = try #require(folder.read("ward.state"))
        for bit in 0..<(file.count * 8) {
            var damaged = file
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            folder.write("ward.state", damaged)
            #expect(load(store).0 == .setAside)
            #expect(folder.read("ward.state.bad") == damaged)
            #expect(folder.read("ward.state") == nil)
        }
    }

    @Test func everyShorterFileIsFoundAndAnExtendedOneToo() throws {
        let store = try opened(folder.path)
        let short: [UInt8] = [5, 6, 7, 8]
        #expect(store.save(short.span, changingHands: false, MbedCryptography.self) == nil)
        let file = try #require(folder.read("ward.state"))
        for end in 0..<file.count {
            folder.write("ward.state", Array(file[0..<end]))
            #expect(load(store).0 == .setAside)
        }
        folder.write("ward.state", file + [0])
        #expect(load(store).0 == .setAside)
        folder.write("ward.state", [UInt8](repeating: 0, count: 40_000))
        #expect(load(store).0 == .setAside)
    }

    @Test func aLeftOverHalfIsRemovedAndTheOldRecordCounts() throws {
        let store = try opened(folder.path)
        #expect(store.save(record.span, changingHands: false, MbedCryptography.self) == nil)
        folder.write("ward.state.new", "half")
        let again = try opened(folder.path)
        #expect(folder.names == ["ward.lock", "ward.state"])
        #expect(load(again).1 == record)
    }

    @Test func aSymbolicLinkIsNeitherReadNorWrittenThrough() throws {
        let elsewhere = folder.write("elsewhere", "precious")
        let place = folder.path + "/state"
        mkdir(place, 0o700)
        let store = try opened(place)
        symlink(elsewhere, place + "/ward.state")
        symlink(elsewhere, place + "/ward.state.new")
        #expect(load(store).0 == .setAside)
        symlink(elsewhere, place + "/ward.state")
        #expect(store.save(record.span, changingHands: false, MbedCryptography.self) == nil)
        #expect(folder.read("elsewhere") == Array("precious".utf8))
        #expect(load(store).1 == record)
    }

    @Test func aMissingFolderIsMadeWhereItsParentExists() throws {
        let store = try opened(folder.path + "/new")
        #expect(folder.mode(of: "new") == 0o700)
        #expect(store.save(record.span, changingHands: false, MbedCryptography.self) == nil)
        var other = FileStore()
        let deep = Array((folder.path + "/a/b").utf8)
        #expect(other.open(deep.span, shared: false)?.isMissing == true)
        let file = Array(folder.write("file", "").utf8)
        #expect(other.open(file.span, shared: false) != nil)
    }

    @Test func aFolderThatIsGoneFailsTheSaveInWords() throws {
        let store = try opened(folder.path + "/gone")
        unlink(folder.path + "/gone/ward.lock")
        rmdir(folder.path + "/gone")
        let saved = store.save(record.span, changingHands: false, MbedCryptography.self)
        let error = try #require(saved)
        var words = Text<64>()
        error.words(to: &words)
        #expect(words.string == "no such file or directory")
    }
}
