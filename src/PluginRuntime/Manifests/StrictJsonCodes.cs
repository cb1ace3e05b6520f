namespace PluginRuntime.Manifests;

/// <summary>The codes that one kind of document reports.</summary>
/// <param name="Malformed">Not JSON, or not UTF-8.</param>
/// <param name="Depth">Nested too deeply.</param>
/// <param name="Duplicate">A property name twice in an object; null does not look for them.</param>
/// <param name="Text">Half of a surrogate pair in a string or a name.</param>
internal sealed record StrictJsonCodes(string Malformed, string Depth, string? Duplicate, string Text)
{
    internal static StrictJsonCodes Instance { get; } = new("json.invalid", "json.too-deep", "json.duplicate-key", "json.invalid-text");

    internal static StrictJsonCodes Manifest { get; } = new("manifest.not-json", "manifest.too-deep", "key.duplicate", "manifest.invalid-text");
}
