using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Xml.Linq;

namespace PluginRuntime.Tests.Packages;

/// <summary>Makes .nupkg files in memory. The same input gives the same bytes.</summary>
internal static class TestPackages
{
    internal const string Lib = "lib/net10.0/";

    private static readonly XNamespace _nuspec = "http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd";
    private static readonly DateTimeOffset _written = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>
    /// A connector's package as the build step packs it: nuspec, <c>connector.json</c>, and below <c>lib/net10.0/</c> the connector's own assembly.
    /// As there, the manifest lists all files of the built folder, those that come from NuGet packages too; name these as dependencies.
    /// </summary>
    /// <param name="built">The folder with a built connector, such as <c>FixturePackages.Built("Probe")</c>.</param>
    /// <param name="package">What it is like; null for the built connector as version 1.0.0.</param>
    internal static byte[] Connector(string built, TestPackage? package = null)
    {
        package ??= new();
        var manifest = JsonNode.Parse(File.ReadAllText(Path.Combine(built, "connector.json")))!.AsObject();
        var id = package.Id ?? (string)manifest["id"]!;
        var assembly = (string)manifest["runtime"]!["assembly"]!;
        var files = manifest["files"]!.AsArray().Select(file => (string)file!["path"]!).ToDictionary(path => path, path => File.ReadAllBytes(Path.Combine(built, path)));
        var entries = new Dictionary<string, byte[]> { [Lib + assembly] = files[assembly] };
        if (package.Behaviour is { } behaviour)
        {
            entries[Lib + "behaviour.txt"] = files["behaviour.txt"] = Encoding.UTF8.GetBytes(behaviour);
        }

        foreach (var (path, content) in package.Entries)
        {
            entries[path] = content;
            if (path.StartsWith(Lib, StringComparison.Ordinal))
            {
                files[path[Lib.Length..]] = content;
            }
        }

        manifest["id"] = id;
        manifest["version"] = package.Version;
        manifest["files"] = new JsonArray([.. files.OrderBy(file => file.Key, StringComparer.Ordinal).Select(file => Listed(file.Key, file.Value))]);
        package.Manifest?.Invoke(manifest);
        entries.TryAdd("connector.json", Encoding.UTF8.GetBytes(manifest.ToJsonString()));
        return Zip(id, package with { PackageTypes = package.PackageTypes ?? ["Connector"] }, entries);
    }

    /// <summary>A package without a connector: its entries and its dependencies. Its id has to be given.</summary>
    internal static byte[] Library(TestPackage package) => Zip(package.Id!, package, package.Entries.ToDictionary());

    private static JsonObject Listed(string path, byte[] content) => new()
    {
        ["path"] = path,
        ["size"] = content.Length,
        ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(content)),
    };

    private static byte[] Zip(string id, TestPackage package, Dictionary<string, byte[]> entries)
    {
        entries.TryAdd($"{id}.nuspec", Encoding.UTF8.GetBytes(Nuspec(id, package).ToString()));
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (path, content) in entries.OrderBy(entry => entry.Key, StringComparer.Ordinal))
            {
                var entry = archive.CreateEntry(path);
                entry.LastWriteTime = _written;
                using var target = entry.Open();
                target.Write(content);
            }
        }

        return stream.ToArray();
    }

    private static XElement Nuspec(string id, TestPackage package)
    {
        var metadata = new XElement(
            _nuspec + "metadata",
            new XElement(_nuspec + "id", id),
            new XElement(_nuspec + "version", package.Version),
            new XElement(_nuspec + "authors", "Test"),
            new XElement(_nuspec + "description", package.Description),
            new XElement(_nuspec + "tags", package.Tags),
            new XElement(_nuspec + "packageTypes", (package.PackageTypes ?? []).Select(type => new XElement(_nuspec + "packageType", new XAttribute("name", type)))),
            new XElement(_nuspec + "dependencies", new XElement(
                _nuspec + "group",
                new XAttribute("targetFramework", "net10.0"),
                package.Dependencies.Select(dependency => new XElement(
                    _nuspec + "dependency", new XAttribute("id", dependency.Id), new XAttribute("version", dependency.Range))))));
        package.Nuspec?.Invoke(metadata);
        return new(_nuspec + "package", metadata);
    }
}
