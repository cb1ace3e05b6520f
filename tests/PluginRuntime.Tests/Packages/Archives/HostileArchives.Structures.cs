using static PluginRuntime.Tests.Packages.Archives.HostileEntry;

namespace PluginRuntime.Tests.Packages.Archives;

internal static partial class HostileArchives
{
    private const string Structure = "package.archive";

    private static byte[] Zip64Extra => [1, 0, 16, 0, 7, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0];

    private static IEnumerable<HostileCase> Structures() =>
    [
        Case(Structure, "an empty file", () => []),
        Case(Structure, "a text file", () => [.. Enumerable.Repeat((byte)'a', 1000)]),
        Case(Structure, "a gzip file", () => [0x1f, 0x8b, 8, 0, .. new byte[100]]),
        Case(Structure, "its first half", () => Good().Build()[..250]),
        Case(Structure, "without its last byte", () => Good().Build()[..^1]),
        Case(Structure, "without its first byte", () => Good().Build()[1..]),
        Case(Structure, "a program before it, offsets count it", () => Good().Garbage(before: "MZ program"u8.ToArray()).Build()),
        Case(Structure, "a program before it, offsets do not count it", () => Good().Garbage(before: "MZ program"u8.ToArray(), isCounted: false).Build()),
        Case(Structure, "bytes behind it", () => Good().Garbage(after: "more"u8.ToArray()).Build()),
        Case(Structure, "bytes before the list", () => Good().Garbage(beforeList: "hidden"u8.ToArray()).Build()),
        Case(Structure, "bytes before the end record", () => Good().Garbage(beforeEnd: "hidden"u8.ToArray()).Build()),
        Case(Structure, "bytes between two entries", Stored("lib/a.txt") with { Before = "hidden"u8.ToArray() }),
        Case(Structure, "a second end record behind the first", () => Good().Garbage(after: HostileArchive.EndRecord(new(0, 0, 0, 0, 0, 0, []))).Build()),
        Case(Structure, "a second zip behind the first", () => [.. Good().Build(), .. Good(Stored("lib/evil.dll")).Build()]),
        Case(Structure, "an end record in the comment of another", () =>
            Good().End(end => end with { Comment = HostileArchive.EndRecord(new(0, 0, 0, 0, 0, 0, [])) }).Build()),
        Case(Structure, "a comment", () => Good().End(end => end with { Comment = "hi"u8.ToArray() }).Build()),
        Case(Structure, "the second of two disks", () => Good().End(end => end with { Disk = 1 }).Build()),
        Case(Structure, "its list on another disk", () => Good().End(end => end with { ListDisk = 1 }).Build()),
        Case(Structure, "an entry on another disk", Stored("lib/a.txt").LieInList(header => header with { Disk = 1 })),
        Case(Structure, "two counts that differ", () => Good().End(end => end with { CountHere = 1 }).Build()),
        Case(Structure, "a count one too low, so that an entry hides", () => Good().End(end => end with { Count = 1, CountHere = 1 }).Build()),
        Case(Structure, "a count one too high", () => Good().End(end => end with { Count = 3, CountHere = 3 }).Build()),
        Case(Structure, "a list said to be shorter", () => Good().End(end => end with { ListSize = end.ListSize - 1 }).Build()),
        Case(Structure, "a list that begins behind the file", () => Good().End(end => end with { ListOffset = 0x7fff_ffff }).Build()),
        Case(Structure, "a list that begins at the file's start", () => Good().End(end => end with { ListOffset = 0, ListSize = end.ListSize + end.ListOffset }).Build()),
        Case(Structure, "ZIP64 by the count", () => Good().End(end => end with { Count = 0xffff, CountHere = 0xffff }).Build()),
        Case(Structure, "ZIP64 by the list's offset", () => Good().End(end => end with { ListOffset = uint.MaxValue }).Build()),
        Case(Structure, "ZIP64 by an entry's size", Stored("lib/a.txt").LieInList(header => header with { Size = uint.MaxValue })),
        Case(Structure, "ZIP64 by an entry's offset", Stored("lib/a.txt").LieInList(header => header with { Offset = uint.MaxValue })),
        Case(Structure, "a ZIP64 size in the list's extra field", Stored("lib/a.txt").LieInList(header => header with { Extra = Zip64Extra })),
        Case(Structure, "a ZIP64 size in the local extra field", Stored("lib/a.txt").LieInLocal(header => header with { Extra = Zip64Extra })),
        Case(Structure, "two entries that share their bytes", Stored("lib/a.txt"), Stored("lib/b.txt").LieInList(header => header with { Offset = 0 }) with { IsWritten = false }),
        Case(Structure, "an entry within another one's content", () =>
        {
            var inner = Stored("lib/b.txt", "inner");
            var packed = new HostileArchive().Add(inner).Build();
            var outerStart = (uint)(30 + "lib/a.txt".Length);
            return new HostileArchive().Add(Stored("lib/a.txt", packed), inner.LieInList(header => header with { Offset = outerStart }) with { IsWritten = false }).Build();
        }),
        Case(Structure, "an entry longer than its place", Stored("lib/a.txt").Lie(header => header with { PackedSize = 70, Size = 70 }), Stored("lib/b.txt", new byte[100])),
        Case(Structure, "an entry shorter than its place", Stored("lib/a.txt").Lie(header => header with { PackedSize = 3, Size = 3 })),
        Case(Structure, "an entry that reaches into the list", Stored("lib/a.txt").Lie(header => header with { PackedSize = 40, Size = 40 })),
        Case(Structure, "an entry that begins behind the file", Stored("lib/a.txt").LieInList(header => header with { Offset = 0x7fff_ffff })),
        Case(Structure, "another name in the local header", Stored("lib/a.txt").LieInLocal(header => header with { Name = "lib/b.txt"u8.ToArray() })),
        Case(Structure, "a longer name in the local header", Stored("lib/a.txt").LieInLocal(header => header with { Name = "lib/a.txt.exe"u8.ToArray() })),
        Case(Structure, "traversal in the local header alone", Stored("lib/a.txt").LieInLocal(header => header with { Name = "../../aaa"u8.ToArray() })),
        Case(Structure, "another size in the local header", Deflated("lib/a.txt", "content").LieInLocal(header => header with { Size = 9 })),
        Case(Structure, "another packed size in the local header", Deflated("lib/a.txt", "content").LieInLocal(header => header with { PackedSize = 3 })),
        Case(Structure, "another CRC in the local header", Stored("lib/a.txt").LieInLocal(header => header with { Crc = 1 })),
        Case(Structure, "another method in the local header", Stored("lib/a.txt").LieInLocal(header => header with { Method = 8 })),
        Case(Structure, "other flags in the local header", Stored("lib/a.txt").LieInLocal(header => header with { Flags = 8 })),
        Case(Structure, "zero sizes in the local header, without a descriptor", Stored("lib/a.txt").LieInLocal(header => header with { Size = 0, PackedSize = 0, Crc = 0 })),
        Case(Structure, "no local header", Stored("lib/a.txt").LieInLocal(header => header with { Signature = 0 })),
        Case(Structure, "no signature in the list", Stored("lib/a.txt").LieInList(header => header with { Signature = 0 })),
        Case(Structure, "a descriptor that is missing", Stored("lib/a.txt").WithDescriptor(isSigned: true) with { Descriptor = [] }),
        Case(Structure, "a descriptor with another CRC", Stored("lib/a.txt").WithDescriptor(isSigned: true, crcLie: 1)),
        Case(Structure, "an encrypted entry", Stored("lib/a.txt").Lie(header => header with { Flags = 1 })),
        Case(Structure, "a strongly encrypted entry", Stored("lib/a.txt").Lie(header => header with { Flags = 0x41 })),
        Case(Structure, "a masked header", Stored("lib/a.txt").Lie(header => header with { Flags = 0x2000 })),
        Case(Structure, "a patch for another file", Stored("lib/a.txt").Lie(header => header with { Flags = 0x20 })),
        Case(Structure, "compressed by Deflate64", Stored("lib/a.txt").Lie(header => header with { Method = 9 })),
        Case(Structure, "compressed by LZMA", Stored("lib/a.txt").Lie(header => header with { Method = 14 })),
        Case(Structure, "compressed by what nobody knows", Stored("lib/a.txt").Lie(header => header with { Method = 999 })),
        Case(Structure, "stored, with two sizes", Stored("lib/a.txt").Lie(header => header with { Size = 3 })),
        Case(Structure, "a directory with content", Stored("lib/folder/").Lie(header => header with { Attributes = 0x10 })),
    ];
}
