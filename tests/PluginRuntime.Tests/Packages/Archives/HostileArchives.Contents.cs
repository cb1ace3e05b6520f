using System.Text;
using static PluginRuntime.Tests.Packages.Archives.HostileEntry;

namespace PluginRuntime.Tests.Packages.Archives;

internal static partial class HostileArchives
{
    private const string TooLarge = "package.too-large";
    private const string Crc = "package.crc";
    private const string Nested = "package.nested";
    private const string BadNuspec = "package.nuspec";
    private const string Identity = "package.identity";

    private static IEnumerable<HostileCase> Sizes() =>
    [
        Case(TooLarge, "16 MiB of zeros", () => Good(Zeros("lib/bomb.dll", 16)).Build()),
        Case(TooLarge, "520 MiB of zeros", () => Good(Zeros("lib/bomb.dll", 520)).Build()),
        Case(TooLarge, "1 GiB of many entries", () => Good(Enumerable.Repeat(Zeros("lib/bomb", 90), 12)
            .Select((bomb, i) => bomb.Lie(header => header with { Name = [.. header.Name, (byte)('a' + i)] }))).Build()),
        Case(TooLarge, "said to be 4 GiB", Deflated("lib/bomb.dll", "content").Lie(header => header with { Size = 0xffff_fffe })),
        Case(TooLarge, "10,001 entries", () => Good(Enumerable.Range(0, 9_999).Select(i => Stored($"lib/{i}", ""))).Build()),
        Case(TooLarge, "60,000 entries", () => Good(Enumerable.Range(0, 60_000).Select(i => Stored($"lib/{i}", ""))).Build()),
        Case(TooLarge, "said to be one byte less than it is", Deflated("lib/a.dll", "content").Lie(header => header with { Size = 6 })),
        Case(TooLarge, "said to be empty, unpacks to 64 MiB", () => Good(Zeros("lib/bomb.dll", 64).Lie(header => header with { Size = 0 })).Build()),
        Case(TooLarge, "said to be 1 MiB, unpacks to 64 MiB", () => Good(Zeros("lib/bomb.dll", 64).Lie(header => header with { Size = 1024 * 1024 })).Build()),
        Case(TooLarge, "a nuspec that unpacks to more than it says", () =>
            new HostileArchive().Add(Zeros($"{Id}.nuspec", 64).Lie(header => header with { Size = 1000 })).Build()),
        Case(TooLarge, "a nuspec of more than 1 MiB", () => WithNuspec(Nuspec(more: $"<tags>{Repeated("<!-- -->0123456789", 65_000)}</tags>"))),
    ];

    private static IEnumerable<HostileCase> Contents() =>
    [
        Case(Crc, "a wrong CRC of a stored entry", Stored("lib/a.dll").Lie(header => header with { Crc = header.Crc ^ 1 })),
        Case(Crc, "a wrong CRC of a deflated entry", Deflated("lib/a.dll", "content").Lie(header => header with { Crc = header.Crc ^ 1 })),
        Case(Crc, "a wrong CRC of an empty entry", Stored("lib/a.dll", "").Lie(header => header with { Crc = 1 })),
        Case(Crc, "a CRC of zero", Stored("lib/a.dll").Lie(header => header with { Crc = 0 })),
        Case(Crc, "a wrong CRC in the descriptor as well", Stored("lib/a.dll").Lie(header => header with { Crc = 7 }).WithDescriptor(isSigned: true)),
        Case(Crc, "said to be one byte more than it is", Deflated("lib/a.dll", "content").Lie(header => header with { Size = 8 })),
        Case(Crc, "what cannot be inflated", Packed([0xff, 0xff, 0xff, 0xff, 0xff])),
        Case(Crc, "deflated to nothing at all", Packed([])),
        Case(Crc, "deflated content cut short", Packed(Deflate(new byte[7])[..^1])),
        Case(Crc, "bytes hidden behind the deflated content", Packed([.. Deflate("content"u8.ToArray()), .. "hidden"u8])),
        Case(Crc, "one byte hidden behind the deflated content", Packed([.. Deflate("content"u8.ToArray()), 0])),
        Case(Crc, "20 KiB hidden behind the deflated content", Packed([.. Deflate("content"u8.ToArray()), .. new byte[20_000]])),
        Case(Nested, "a package in the package", () => Good(Stored("lib/inner.dat", Good().Build())).Build()),
        Case(Nested, "a package in the package, deflated", () => Good(Deflated("lib/inner.dll", Good().Build())).Build()),
        Case(Nested, "an empty zip in the package", () => Good(Stored("lib/inner.dat", new HostileArchive().Build())).Build()),
        Case(Nested, "a file that is called a package", Stored("tools/Other.1.0.0.nupkg")),
        Case(Nested, "a file that is called a zip, by percent-encoding", Stored("tools/Other.Zi%70")),
        Case(Nested, "a file that is called a package of symbols", Stored("tools/Other.snupkg")),
    ];

    private static IEnumerable<HostileCase> Nuspecs() =>
    [
        Case(BadNuspec, "no entry at all", () => new HostileArchive().Build()),
        Case(BadNuspec, "no nuspec", () => new HostileArchive().Add(Stored("lib/a.dll")).Build()),
        Case(BadNuspec, "two nuspecs", Stored("Other.nuspec", Nuspec("Other"))),
        Case(BadNuspec, "two nuspecs, one percent-encoded", Stored("Other%2Enuspec", Nuspec("Other"))),
        Case(BadNuspec, "two nuspecs, one in capitals", Stored("Other.NUSPEC", Nuspec("Other"))),
        Case(BadNuspec, "a nuspec that is not at the root", () => WithNuspec(Nuspec(), $"package/{Id}.nuspec")),
        Case(BadNuspec, "an empty nuspec", () => WithNuspec("")),
        Case(BadNuspec, "no XML", () => WithNuspec("{}")),
        Case(BadNuspec, "XML cut short", () => WithNuspec(Nuspec()[..^10])),
        Case(BadNuspec, "a document type", () => WithNuspec(Nuspec().Replace("<package ", "<!DOCTYPE package><package ", StringComparison.Ordinal))),
        Case(BadNuspec, "an entity that reads a file", () => WithNuspec(
            $"<!DOCTYPE p [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>{Nuspec(more: "<tags>&x;</tags>").Split('\n', 2)[1]}")),
        Case(BadNuspec, "entities that multiply", () => WithNuspec(
            $"<!DOCTYPE p [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>{Nuspec(more: "<tags>&c;</tags>").Split('\n', 2)[1]}")),
        Case(BadNuspec, "a control character in the nuspec", () => WithNuspec(Nuspec(more: "<tags>\u001b[2J</tags>"))),
        Case(BadNuspec, "Latin-1 that is said to be UTF-8", () =>
            new HostileArchive().Add(Deflated($"{Id}.nuspec", Encoding.Latin1.GetBytes(Nuspec(more: "<tags>\u00e9t\u00e9</tags>")))).Build()),
        Case(BadNuspec, "an entity that nobody declared", () => WithNuspec(Nuspec(more: "<tags>&x;</tags>"))),
        Case(BadNuspec, "an unknown encoding", () => WithNuspec(Nuspec().Replace("utf-8", "utf-99", StringComparison.Ordinal))),
        Case(BadNuspec, "elements 100,000 deep", () => WithNuspec(Nuspec(more: Repeated("<a>", 100_000) + Repeated("</a>", 100_000)))),
        Case(BadNuspec, "no metadata", () => WithNuspec("<package/>")),
        Case(BadNuspec, "no id", () => WithNuspec($"<package><metadata><version>{Version}</version></metadata></package>")),
        Case(BadNuspec, "an empty id", () => WithNuspec(Nuspec(id: ""))),
        Case(BadNuspec, "no version", () => WithNuspec($"<package><metadata><id>{Id}</id></metadata></package>")),
        Case(BadNuspec, "an empty version", () => WithNuspec(Nuspec(version: ""))),
        Case(BadNuspec, "a version that is none", () => WithNuspec(Nuspec(version: "latest"))),
        Case(BadNuspec, "two ids", () => WithNuspec(Nuspec(more: "<id>Evil</id>"))),
        Case(BadNuspec, "two versions", () => WithNuspec(Nuspec(more: "<version>6.6.6</version>"))),
        Case(BadNuspec, "two ids, one of another namespace", () => WithNuspec(Nuspec(more: "<id xmlns='urn:x'>Evil</id>"))),
        Case(BadNuspec, "an id of another namespace", () => WithNuspec(Nuspec().Replace("<id>", "<id xmlns='urn:x'>", StringComparison.Ordinal))),
        Case(BadNuspec, "an id with an element in it", () => WithNuspec(Nuspec(id: "Contoso.<b>Weather</b>"))),
        Case(BadNuspec, "metadata twice", () => WithNuspec(
            Nuspec().Replace("<metadata>", "<metadata><id>Evil</id><version>1.0.0</version></metadata><metadata>", StringComparison.Ordinal))),
        Case(Identity, "another id", () => WithNuspec(Nuspec("Contoso.Wether"))),
        Case(Identity, "an id with a Cyrillic letter", () => WithNuspec(Nuspec("Contoso.We\u0430ther"))),
        Case(Identity, "an id with a space", () => WithNuspec(Nuspec(Id + " "))),
        Case(Identity, "an id with a traversal", () => WithNuspec(Nuspec("../../evil"))),
        Case(Identity, "another version", () => WithNuspec(Nuspec(version: "1.2.4"))),
        Case(Identity, "a fourth number", () => WithNuspec(Nuspec(version: "1.2.3.1"))),
        Case(Identity, "a prerelease", () => WithNuspec(Nuspec(version: "1.2.3-beta"))),
        Case(Identity, "another prerelease than asked for", () => WithNuspec(Nuspec(version: "1.2.3-beta.2"))) with { Version = "1.2.3-beta.1" },
    ];

    /// <summary>An entry that says of these packed bytes that they are "content".</summary>
    private static HostileEntry Packed(byte[] packed) =>
        Deflated("lib/a.dll", "content").Lie(header => header with { PackedSize = (uint)packed.Length }) with { Packed = packed };
}
