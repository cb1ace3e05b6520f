using System.Text.Json;
using PluginRuntime.Versioning;

namespace PluginRuntime.Manifests;

/// <summary>What reading a manifest gave.</summary>
/// <param name="Manifest">Null when there are errors.</param>
/// <param name="Errors">All of them.</param>
public sealed record ManifestResult(ConnectorManifest? Manifest, IReadOnlyList<ValidationError> Errors);

/// <summary>Reads manifests.</summary>
public static class ManifestReader
{
    /// <summary>Reads a manifest.</summary>
    public static ManifestResult Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8);
            var root = document.RootElement;
            var manifest = new ConnectorManifest
            {
                Id = root.GetProperty("id").GetString()!,
                Name = root.GetProperty("name").GetString()!,
                Version = SemanticVersion.Parse(root.GetProperty("version").GetString()!),
                Runtime = root.TryGetProperty("runtime", out var runtime)
                    ? new(runtime.GetProperty("assembly").GetString()!, runtime.GetProperty("type").GetString()!,
                        runtime.GetProperty("sdk").GetString()!, runtime.GetProperty("framework").GetString()!)
                    : null,
                Files = root.TryGetProperty("files", out var files)
                    ? [.. files.EnumerateArray().Select(file => new ManifestFile(file.GetProperty("path").GetString()!,
                        file.GetProperty("size").GetInt64(), file.GetProperty("sha256").GetString()!))]
                    : [],
                Utf8 = utf8,
            };
            return new(manifest, []);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or FormatException or InvalidOperationException)
        {
            return new(null, [new("/id", "manifest.unreadable", "The manifest is no JSON object with an id.")]);
        }
    }
}
