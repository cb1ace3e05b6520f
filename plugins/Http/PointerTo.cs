using System.Text.Json;

namespace PluginRuntime.Connectors.Http;

/// <summary>Finds what a JSON Pointer (RFC 6901) leads to, through objects.</summary>
internal static class PointerTo
{
    /// <returns>Null when it leads to nothing.</returns>
    internal static JsonElement? Find(JsonElement root, string pointer)
    {
        var found = root;
        foreach (var token in pointer.Split('/').Skip(1))
        {
            var name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (found.ValueKind != JsonValueKind.Object || !found.TryGetProperty(name, out found))
            {
                return null;
            }
        }

        return found;
    }
}
