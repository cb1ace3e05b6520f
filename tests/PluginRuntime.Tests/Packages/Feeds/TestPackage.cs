using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace PluginRuntime.Tests.Packages;

/// <summary>What a package that a test makes is like.</summary>
internal sealed record TestPackage
{
    /// <summary>The package's id and, where there is a connector, its manifest's; null for that of the built connector.</summary>
    internal string? Id { get; init; }

    internal string Version { get; init; } = "1.0.0";

    internal string Description { get; init; } = "Made by a test.";

    /// <summary>Separated by blanks.</summary>
    internal string Tags { get; init; } = "";

    /// <summary>Ids and version ranges as a nuspec has them: <c>("Newtonsoft.Json", "[13.0.3, )")</c>.</summary>
    internal IReadOnlyList<(string Id, string Range)> Dependencies { get; init; } = [];

    /// <summary>Null for the usual: <c>Connector</c> for a connector, none for a library.</summary>
    internal IReadOnlyList<string>? PackageTypes { get; init; }

    /// <summary>Of a connector: what <c>behaviour.txt</c> beside its assembly says; null for no such file.</summary>
    internal string? Behaviour { get; init; }

    /// <summary>More entries, or others in the place of those of the same name: <c>("lib/net10.0/Extra.dll", bytes)</c>.</summary>
    internal IReadOnlyList<(string Path, byte[] Content)> Entries { get; init; } = [];

    /// <summary>Spoils the manifest, after all else.</summary>
    internal Action<JsonObject>? Manifest { get; init; }

    /// <summary>Spoils the nuspec's metadata, after all else.</summary>
    internal Action<XElement>? Nuspec { get; init; }
}
