using System.Text.Json;

namespace PluginRuntime.Manifests.Schema;

/// <summary>The document, or a part of it that has its own <c>$id</c>: what references are relative to.</summary>
internal sealed class SchemaResource(string pointer, JsonElement element, Uri uri)
{
    internal string Pointer => pointer;

    internal JsonElement Element => element;

    internal Uri Uri => uri;

    /// <summary>Pointers into the document, by the name of an <c>$anchor</c> or <c>$dynamicAnchor</c>.</summary>
    internal Dictionary<string, string> Anchors { get; } = new(StringComparer.Ordinal);

    /// <summary>The schemas with a <c>$dynamicAnchor</c>, by its name.</summary>
    internal Dictionary<string, SchemaNode> DynamicAnchors { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the document has others, so that evaluation has to remember how it came here.</summary>
    internal bool HasPeers { get; set; }
}
