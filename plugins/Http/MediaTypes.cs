using System.Net.Http.Headers;

namespace PluginRuntime.Connectors.Http;

/// <summary>What a content type says of bytes.</summary>
internal static class MediaTypes
{
    private static readonly HashSet<string> _text = new(StringComparer.OrdinalIgnoreCase)
    {
        "application/graphql", "application/javascript", "application/jsonl", "application/toml", "application/x-ndjson",
        "application/x-www-form-urlencoded", "application/x-yaml", "application/xml", "application/yaml",
    };

    internal static bool IsJson(MediaTypeHeaderValue? type) =>
        type?.MediaType is { } name
        && (name.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || name.Equals("text/json", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith("+json", StringComparison.OrdinalIgnoreCase));

    internal static bool IsText(MediaTypeHeaderValue? type) =>
        type?.MediaType is { } name
        && (name.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith("+xml", StringComparison.OrdinalIgnoreCase)
            || _text.Contains(name)
            || IsJson(type)
            || Charset(type) is not null);

    internal static string? Charset(MediaTypeHeaderValue? type) => type?.CharSet?.Trim('"') is { Length: > 0 } charset ? charset : null;
}
