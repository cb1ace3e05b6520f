namespace PluginRuntime.Tests.Packages.Archives;

/// <summary>Packages that attack whoever unpacks them. Each is the good one with one lie in it.</summary>
internal static partial class HostileArchives
{
    public const string Id = "Contoso.Weather";
    public const string Version = "1.2.3";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<HostileCase> All { get; } = [.. Structures(), .. Names(), .. Collisions(), .. Modes(), .. Sizes(), .. Contents(), .. Nuspecs()];

    public static string Nuspec(string id = Id, string version = Version, string more = "") => $"""
        <?xml version="1.0" encoding="utf-8"?>
        <package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
          <metadata><id>{id}</id><version>{version}</version><authors>Contoso</authors><description>Weather</description>{more}</metadata>
        </package>
        """;

    /// <summary>A good package's entries, and these behind them.</summary>
    public static HostileArchive Good(params IEnumerable<HostileEntry> more) => new HostileArchive()
        .Add(HostileEntry.Deflated($"{Id}.nuspec", Nuspec()), HostileEntry.Deflated("lib/net10.0/Weather.dll", Repeated("weather ", 100)))
        .Add(more);

    /// <summary>A package with this nuspec alone.</summary>
    public static byte[] WithNuspec(string nuspec, string name = $"{Id}.nuspec") =>
        new HostileArchive().Add(HostileEntry.Deflated(name, nuspec), HostileEntry.Stored("lib/net10.0/Weather.dll")).Build();

    public static string Repeated(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    private static HostileCase Case(string code, string name, Func<byte[]> bytes) => new(name, code, bytes);

    private static HostileCase Case(string code, string name, params HostileEntry[] more) => new(name, code, () => Good(more).Build());
}
