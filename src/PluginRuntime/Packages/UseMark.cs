using System.Text.Json;
using System.Text.Json.Serialization;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Packages;

/// <summary>Which packages of a store one host needs. Its file lies at <c>uses/&lt;host&gt;.json</c>.</summary>
internal sealed record UseMark(IReadOnlyList<MarkedPackage> Packages)
{
    public static byte[] ToUtf8(IEnumerable<PackageIdentity> packages) => JsonSerializer.SerializeToUtf8Bytes(
        new UseMark([.. packages
            .OrderBy(package => package.Id, StringComparer.Ordinal)
            .ThenBy(package => package.Version)
            .ThenBy(package => package.Hash, StringComparer.Ordinal)
            .Select(package => new MarkedPackage(package.Id, package.Version.ToString(), package.Hash))]),
        UseMarkJson.Default.UseMark);

    /// <summary>Reads a mark; null when it is not one, or not whole.</summary>
    public static IReadOnlySet<PackageIdentity>? Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var packages = new HashSet<PackageIdentity>();
            foreach (var package in JsonSerializer.Deserialize(utf8, UseMarkJson.Default.UseMark)?.Packages ?? throw new JsonException())
            {
                if (package is null || !SemanticVersion.TryParse(package.Version, out var version)) return null;
                packages.Add(new(package.Id, version, package.Hash));
            }

            return packages;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>One of them.</summary>
internal sealed record MarkedPackage(string Id, string Version, string Hash);

/// <summary>The mark's JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(UseMark))]
internal sealed partial class UseMarkJson : JsonSerializerContext;
