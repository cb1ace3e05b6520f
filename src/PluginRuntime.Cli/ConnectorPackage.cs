using System.IO.Compression;
using System.Xml;
using System.Xml.Linq;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Cli;

/// <summary>A NuGet package that holds a connector, as far as its nuspec and its manifest tell.</summary>
/// <param name="Path">The file.</param>
/// <param name="Manifest">Its <c>connector.json</c>.</param>
internal sealed record ConnectorPackage(string Path, ConnectorManifest Manifest)
{
    /// <summary>What it says of its tests; null when it says nothing, or speaks of another assembly.</summary>
    public ConformanceClaim? Conformance { get; private init; }

    private const string PackageType = "Connector";
    private const int MaxNuspecBytes = 1024 * 1024;

    public string Id => Manifest.Id;

    public string Version => Manifest.Version.ToString();

    /// <summary>The name a feed gives it: without the version's build metadata, which tells no two packages apart.</summary>
    public string FileName => $"{Id}.{Version.Split('+')[0]}.nupkg";

    /// <exception cref="CommandException">It is no package, or holds no connector that a host would take.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ConnectorPackage Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new CommandException(ExitCode.Failed, $"There is no file {path}.");
        }

        try
        {
            using var archive = ZipFile.OpenRead(path);
            var nuspecs = archive.Entries.Where(entry =>
                !entry.FullName.Contains('/', StringComparison.Ordinal) && entry.FullName.EndsWith(".nuspec", StringComparison.OrdinalIgnoreCase)).ToList();
            if (nuspecs.Count != 1)
            {
                throw new CommandException(ExitCode.Failed, $"{path} is no NuGet package: it holds {nuspecs.Count} nuspec files.");
            }

            if (archive.GetEntry("connector.json") is not { } entry)
            {
                throw new CommandException(ExitCode.Failed, $"{path} holds no connector.json. Does its project refer to PluginRuntime.Sdk?");
            }

            var read = ManifestReader.Read(Bytes(entry, ManifestReader.MaxBytes));
            if (read.Manifest is null)
            {
                throw new CommandException(
                    ExitCode.Failed,
                    [$"The connector.json in {path} is not accepted.", .. read.Errors.Select(error => $"  {error.Pointer}: {error.Detail} ({error.Code})")]);
            }

            CheckNuspec(path, nuspecs[0], read.Manifest);
            return new(path, read.Manifest)
            {
                Conformance = archive.GetEntry(ConformanceClaim.FileName) is { } report
                    ? ConformanceClaim.Of(Bytes(report, ConformanceClaim.MaxBytes), AssemblyOf(read.Manifest))
                    : null,
            };
        }
        catch (Exception exception) when (exception is InvalidDataException or XmlException)
        {
            throw new CommandException(ExitCode.Failed, $"{path} is no NuGet package: {exception.Message}");
        }
    }

    /// <summary>SHA-256 of the connector's own assembly, as the build step listed it.</summary>
    public static string? AssemblyOf(ConnectorManifest manifest) => manifest.Files.FirstOrDefault(file => file.Path == manifest.Runtime?.Assembly)?.Sha256;

    private static void CheckNuspec(string path, ZipArchiveEntry entry, ConnectorManifest manifest)
    {
        using var stream = new MemoryStream(Bytes(entry, MaxNuspecBytes));
        using var reader = XmlReader.Create(stream, new() { DtdProcessing = DtdProcessing.Prohibit });
        var metadata = XDocument.Load(reader).Root?.Elements().FirstOrDefault(element => element.Name.LocalName == "metadata");
        string? Text(string name) => metadata?.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value.Trim();

        var mistakes = new List<string>();
        if (!manifest.Id.Equals(Text("id"), StringComparison.OrdinalIgnoreCase))
        {
            mistakes.Add($"The package's id is '{Text("id")}', its connector's '{manifest.Id}'. A host finds a connector by its id.");
        }

        if (!SemanticVersion.TryParse(Text("version"), out var version) || !version.Equals(manifest.Version))
        {
            mistakes.Add($"The package's version is '{Text("version")}', its connector's '{manifest.Version}'.");
        }

        var types = metadata?.Descendants().Where(element => element.Name.LocalName == "packageType").Select(element => (string?)element.Attribute("name")) ?? [];
        if (!types.Contains(PackageType, StringComparer.OrdinalIgnoreCase))
        {
            mistakes.Add($"The package is not of type {PackageType}. A host does not find it.");
        }

        if (mistakes.Count > 0)
        {
            throw new CommandException(ExitCode.Failed, [$"{path} is no connector's package.", .. mistakes]);
        }
    }

    /// <summary>At most <paramref name="limit"/> bytes and one: what is larger than said is refused, whatever the archive says of its size.</summary>
    private static byte[] Bytes(ZipArchiveEntry entry, int limit)
    {
        using var stream = entry.Open();
        var buffer = new byte[limit + 1];
        var length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        return length <= limit ? buffer[..length] : throw new InvalidDataException($"{entry.FullName} has more than {limit} bytes.");
    }
}
