using System.Diagnostics.CodeAnalysis;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>The versions that are taken out of service.</summary>
internal sealed class BlockList
{
    private readonly List<(string Id, VersionRange? Range)> _entries = [];

    /// <param name="entries"><c>id</c>, or <c>id@range</c>.</param>
    /// <exception cref="ArgumentException">One of them is malformed.</exception>
    internal BlockList(IEnumerable<string> entries)
    {
        foreach (var entry in entries)
        {
            _entries.Add(TryParse(entry, out var parsed, out var error) ? parsed.Value : throw new ArgumentException($"'{entry}': {error}", nameof(entries)));
        }
    }

    internal static bool TryParse(string entry, [NotNullWhen(true)] out (string Id, VersionRange? Range)? parsed, [NotNullWhen(false)] out string? error)
    {
        (parsed, error) = (null, null);
        var at = entry.IndexOf('@', StringComparison.Ordinal);
        var id = at < 0 ? entry : entry[..at];
        if (!ManifestId.IsValid(id))
        {
            error = "It has to be the id of a connector, or id@range.";
            return false;
        }

        VersionRange? range = null;
        if (at >= 0 && !VersionRange.TryParse(entry[(at + 1)..], out range, out error))
        {
            return false;
        }

        parsed = (id, range);
        return true;
    }

    internal bool Contains(string id, SemanticVersion version) =>
        _entries.Exists(entry => entry.Id == id && entry.Range?.Contains(version) != false);
}
