using System.IO.Compression;
using System.Xml.Linq;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Packages;

/// <summary>A package on a <see cref="LoopbackFeed"/>, as its nuspec tells.</summary>
/// <param name="Bytes">The .nupkg.</param>
/// <param name="Nuspec">Its nuspec, as it is in the package.</param>
/// <param name="Id">As written there.</param>
/// <param name="Version">As written there, of four numbers the first three.</param>
internal sealed record FeedPackage(byte[] Bytes, byte[] Nuspec, string Id, SemanticVersion Version)
{
    /// <summary>The version as written there.</summary>
    internal string VersionText { get; init; } = Version.ToString();

    internal bool IsListed { get; init; } = true;

    internal DateTimeOffset Published { get; init; } = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    internal string LowerId => Id.ToLowerInvariant();

    /// <summary>As it stands in addresses: without build metadata.</summary>
    internal string LowerVersion => VersionText.Split('+')[0].ToLowerInvariant();

    internal string Description => Metadata.Elements().FirstOrDefault(element => element.Name.LocalName == "description")?.Value ?? "";

    internal IEnumerable<string> Tags => Elements("tags").SelectMany(tags => tags.Value.Split(' ', StringSplitOptions.RemoveEmptyEntries));

    internal IEnumerable<string> PackageTypes => Elements("packageType").Select(type => (string)type.Attribute("name")!).DefaultIfEmpty("Dependency");

    /// <summary>The dependency groups: a framework (null for any) and pairs of id and range.</summary>
    internal IEnumerable<(string? Framework, IEnumerable<(string Id, string Range)> Dependencies)> Groups => Elements("group").Where(group => group.Parent!.Name.LocalName == "dependencies").Select(group => (
        (string?)group.Attribute("targetFramework"),
        group.Elements().Select(dependency => ((string)dependency.Attribute("id")!, (string)dependency.Attribute("version")!))));

    private XElement Metadata => XDocument.Load(new MemoryStream(Nuspec)).Root!.Elements().Single(element => element.Name.LocalName == "metadata");

    /// <exception cref="InvalidDataException">It is no archive.</exception>
    /// <exception cref="InvalidOperationException">It has no nuspec, or its nuspec says no id and version.</exception>
    internal static FeedPackage Read(byte[] bytes)
    {
        using var archive = new ZipArchive(new MemoryStream(bytes));
        using var stream = archive.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal) && !entry.FullName.Contains('/')).Open();
        using var nuspec = new MemoryStream();
        stream.CopyTo(nuspec);
        var read = new FeedPackage(bytes, nuspec.ToArray(), "", SemanticVersion.Parse("0.0.0"));
        string Text(string name) => read.Metadata.Elements().Single(element => element.Name.LocalName == name).Value;
        var version = Text("version");
        return read with { Id = Text("id"), Version = Parse(version), VersionText = version };
    }

    private static SemanticVersion Parse(string version) =>
        SemanticVersion.Parse(System.Version.TryParse(version, out var four) && four.Revision >= 0 ? four.ToString(3) : version);

    private IEnumerable<XElement> Elements(string name) => Metadata.Descendants().Where(element => element.Name.LocalName == name);
}
