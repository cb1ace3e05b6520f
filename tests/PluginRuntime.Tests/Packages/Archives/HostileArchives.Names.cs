using static PluginRuntime.Tests.Packages.Archives.HostileEntry;

namespace PluginRuntime.Tests.Packages.Archives;

internal static partial class HostileArchives
{
    private const string Path = "package.path";
    private const string Collision = "package.collision";
    private const string Link = "package.link";

    private static IEnumerable<HostileCase> Names() =>
    [
        Named("traversal", "../evil.dll"),
        Named("traversal from within", "lib/../../evil.dll"),
        Named("traversal that stays inside", "lib/net10.0/../evil.dll"),
        Named("traversal at the end", "lib/.."),
        Named("two dots alone", ".."),
        Named("a dot segment", "lib/./evil.dll"),
        Named("traversal with backslashes", @"..\..\evil.dll"),
        Named("one backslash", @"lib\evil.dll"),
        Named("an absolute name", "/etc/cron.d/evil"),
        Named("a network path", "//server/share/evil.dll"),
        Named("a network path with backslashes", @"\\server\share\evil.dll"),
        Named("a drive", "C:/Windows/evil.dll"),
        Named("a drive without a slash", "C:evil.dll"),
        Named("an alternate stream", "lib/a.dll:evil"),
        Named("an empty name", ""),
        Named("an empty segment", "lib//evil.dll"),
        Named("a slash alone", "/"),
        Named("two slashes at the end", "lib//"),
        Named("the device CON", "CON"),
        Named("the device nul in a directory", "lib/nul"),
        Named("a device with an extension", "lib/COM1.dll"),
        Named("a device with two extensions", "lib/aux.tar.gz"),
        Named("a device with a space before its extension", "lib/NUL .txt"),
        Named("a device with a superscript digit", "lib/COM\u00b9.dll"),
        Named("the console's device", "CONIN$"),
        Named("a device as directory", "prn/evil.dll"),
        Named("a dot at the end", "lib/evil.dll."),
        Named("a space at the end", "lib/evil.dll "),
        Named("a directory with a dot at the end", "lib./evil.dll"),
        Named("three dots", "lib/.../evil.dll"),
        Named("a NUL character", "lib/evil.dll\0.txt"),
        Named("a line feed", "lib/evil\n.dll"),
        Named("an escape sequence", "lib/\u001b[2Jevil.dll"),
        Named("a DEL character", "lib/evil\u007f.dll"),
        Named("a C1 control character", "lib/evil\u0085.dll"),
        Named("text that runs right to left", "lib/evil\u202elld.exe"),
        Named("a zero-width space joined in", "lib/evil\u200d.dll"),
        Named("a question mark", "lib/evil?.dll"),
        Named("a wildcard", "lib/*.dll"),
        Named("percent-encoded traversal", "%2e%2e/evil.dll"),
        Named("a percent-encoded slash", "..%2Fevil.dll"),
        Named("a percent-encoded backslash", "lib%5Cevil.dll"),
        Named("a percent-encoded absolute name", "%2Fetc/evil"),
        Named("a percent-encoded drive", "C%3A/evil.dll"),
        Named("a percent-encoded NUL", "lib/evil%00.dll"),
        Named("a percent-encoded device", "lib/%4eUL"),
        Named("a percent-encoded dot at the end", "lib/evil%2e"),
        Named("twice percent-encoded traversal", "%252e%252e/evil.dll"),
        Named("three times percent-encoded traversal", "lib/%25252e%25252e%25252fevil.dll"),
        Named("a percent-encoded empty segment", "lib/%2Fevil.dll"),
        Named("a name of 261 characters", "lib/" + new string('a', 257)),
        Named("a name of 60,000 characters", "lib/" + new string('a', 60_000)),
        Named("NuGet's mark of an unpacked package", ".nupkg.metadata"),
        Named("NuGet's hash of an unpacked package", "contoso.weather.1.2.3.nupkg.sha512"),
        Case(Path, "not UTF-8", Stored([0x6c, 0x69, 0x62, 0x2f, 0xff]).Lie(header => header with { Flags = 0x0800 })),
        Case(Path, "UTF-8 cut short", Stored([0x6c, 0xc3]).Lie(header => header with { Flags = 0x0800 })),
        Case(Path, "an overlong slash", Stored([0x2e, 0x2e, 0xc0, 0xaf, 0x61]).Lie(header => header with { Flags = 0x0800 })),
        Case(Path, "half of a surrogate pair", Stored([0x61, 0xed, 0xa0, 0x80]).Lie(header => header with { Flags = 0x0800 })),
        Case(Path, "UTF-8 that is not marked as such", Stored("lib/\u00e9.dll").Lie(header => header with { Flags = 0 })),
    ];

    private static IEnumerable<HostileCase> Collisions() =>
    [
        Case(Collision, "a name twice", Stored("lib/a.dll", "good"), Stored("lib/a.dll", "evil")),
        Case(Collision, "a name that differs by case", Stored("lib/a.dll"), Stored("lib/A.dll")),
        Case(Collision, "a directory that differs by case", Stored("lib/a.dll"), Stored("LIB/a.dll")),
        Case(Collision, "case beyond ASCII", Stored("lib/\u00e9.dll"), Stored("lib/\u00c9.dll")),
        Case(Collision, "case in Greek", Stored("lib/\u03c9.dll"), Stored("lib/\u03a9.dll")),
        Case(Collision, "composed and decomposed", Stored("lib/\u00e9.dll"), Stored("lib/e\u0301.dll")),
        Case(Collision, "decomposed, and upper case", Stored("lib/\u00c9.dll"), Stored("lib/e\u0301.dll")),
        Case(Collision, "two marks in another order", Stored("lib/a\u0323\u0307.dll"), Stored("lib/a\u0307\u0323.dll")),
        Case(Collision, "a Hangul syllable and its parts", Stored("lib/\uac01.dll"), Stored("lib/\u1100\u1161\u11a8.dll")),
        Case(Collision, "the \u00e5ngstr\u00f6m sign", Stored("lib/\u212b.dll"), Stored("lib/\u00c5.dll")),
        Case(Collision, "the Kelvin sign", Stored("lib/\u212a.dll"), Stored("lib/k.dll")),
        Case(Collision, "a compatibility ideograph", Stored("lib/\uf900.dll"), Stored("lib/\u8c48.dll")),
        Case(Collision, "percent-encoded and plain", Stored("lib/%61.dll"), Stored("lib/a.dll")),
        Case(Collision, "a percent-encoded slash and a plain one", Stored("lib%2Fa.dll"), Stored("lib/a.dll")),
        Case(Collision, "a file that is a directory", Stored("lib/a"), Stored("lib/a/b.dll")),
        Case(Collision, "a directory that is a file", Stored("lib/a/b.dll"), Stored("lib/a")),
        Case(Collision, "a file that is a directory, by case", Stored("tools"), Stored("Tools/x/y.dll")),
        Case(Collision, "a file and an empty directory", Stored("lib/a"), Stored("lib/a/", "")),
        Case(Collision, "a directory twice", Stored("tools/", ""), Stored("tools/", "")),
        Case(Collision, "the nuspec twice", Stored($"{Id}.nuspec", Nuspec())),
    ];

    private static IEnumerable<HostileCase> Modes() =>
    [
        Case(Link, "a symbolic link", OfMode(0xa1ff, "lib/link", "/etc/passwd")),
        Case(Link, "a symbolic link, by percent-encoding", OfMode(0xa1ff, "lib/lin%6b", "../../..")),
        Case(Link, "a symbolic link with a directory's name", OfMode(0xa1ff, "lib/link/", "")),
        Case(Link, "a pipe", OfMode(0x11a4, "lib/pipe", "")),
        Case(Link, "a socket", OfMode(0xc1a4, "lib/socket", "")),
        Case(Link, "a character device", OfMode(0x21a4, "lib/device", "")),
        Case(Link, "a block device", OfMode(0x61a4, "lib/device", "")),
        Case(Link, "a kind of file that does not exist", OfMode(0xf1a4, "lib/what", "")),
        Case(Link, "a directory's mode on a file", OfMode(0x41ed, "lib/a.dll", "content")),
        Case(Link, "a file's mode on a directory", OfMode(0x81a4, "lib/folder/", "")),
        Case(Link, "a program that takes its owner's rights", OfMode(0x89ed, "tools/run", "content")),
        Case(Link, "a program that takes its group's rights", OfMode(0x85ed, "tools/run", "content")),
        Case(Link, "a reparse point of Windows", Stored("lib/link").LieInList(header => header with { Attributes = 0x400 })),
    ];

    private static HostileEntry OfMode(uint mode, string name, string content) =>
        Stored(name, content).LieInList(header => header with { Attributes = mode << 16 });

    private static HostileCase Named(string attack, string name) => Case(Path, attack, Stored(name, name.EndsWith('/') ? "" : "content"));
}
