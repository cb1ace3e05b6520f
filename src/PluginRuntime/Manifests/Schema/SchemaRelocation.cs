using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Manifests.Schema;

/// <summary>
/// Puts a schema into another document: its references, by pointer, anchor or <c>$id</c>, lead by pointer to where it stands there, so
/// that every reader follows them, and its own addresses are left out, so that two copies do not clash.
/// </summary>
/// <remarks>A <c>$dynamicRef</c> becomes the reference it is where nothing overrides it.</remarks>
internal sealed class SchemaRelocation
{
    private readonly SchemaIndex _index;
    private readonly string _home;

    private SchemaRelocation(SchemaIndex index, string home) => (_index, _home) = (index, home);

    /// <param name="schema">It compiles.</param>
    /// <param name="home">A reference to where the copy will stand: <c>#/components/schemas/x</c>.</param>
    internal static JsonNode? Move(JsonElement schema, string home) => new SchemaRelocation(new(schema, []), home).Copy("", schema);

    private JsonNode? Copy(string pointer, JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return Parse(schema);
        }

        var copy = new JsonObject();
        foreach (var property in schema.EnumerateObject())
        {
            var at = JsonPointer.Append(pointer, property.Name);
            switch (property.Name)
            {
                case "$schema" or "$id" or "$anchor" or "$dynamicAnchor" or "$vocabulary":
                    break;
                case "$ref":
                    copy["$ref"] = Lead(property.Value.GetString()!, pointer);
                    break;
                case "$dynamicRef":
                    copy.TryAdd("$ref", Lead(property.Value.GetString()!, pointer));
                    break;
                default:
                    copy[property.Name] = CopyKeyword(property, at);
                    break;
            }
        }

        return copy;
    }

    private JsonNode? CopyKeyword(JsonProperty keyword, string pointer)
    {
        if (SchemaShapes.IsSingle(keyword.Name))
        {
            return Copy(pointer, keyword.Value);
        }

        if (SchemaShapes.IsList(keyword.Name) && keyword.Value.ValueKind == JsonValueKind.Array)
        {
            return new JsonArray([.. keyword.Value.EnumerateArray().Select((item, index) => Copy(JsonPointer.Append(pointer, index), item))]);
        }

        return SchemaShapes.IsMap(keyword.Name) && keyword.Value.ValueKind == JsonValueKind.Object
            ? new JsonObject(keyword.Value.EnumerateObject().Select(
                member => KeyValuePair.Create(member.Name, Copy(JsonPointer.Append(pointer, member.Name), member.Value))))
            : Parse(keyword.Value);
    }

    /// <summary>The reference as it has to be in the other document.</summary>
    private string Lead(string reference, string pointer)
    {
        var from = _index.FindByPointer(pointer) ?? _index.Root;
        var hash = reference.IndexOf('#', StringComparison.Ordinal);
        var address = hash < 0 ? reference : reference[..hash];
        var fragment = hash < 0 ? "" : Uri.UnescapeDataString(reference[(hash + 1)..]);
        var resource = address.Length > 0 && Uri.TryCreate(from.Uri, address, out var uri) ? _index.FindByUri(SchemaIndex.Address(uri)) ?? from : from;
        var target = fragment.Length > 0 && fragment[0] != '/'
            ? resource.Anchors.GetValueOrDefault(fragment, "")
            : resource.Pointer + fragment;
        return _home + string.Join('/', target.Split('/').Select(Uri.EscapeDataString)).Replace("%24", "$", StringComparison.Ordinal);
    }

    private static JsonNode? Parse(JsonElement json) => JsonNode.Parse(json.GetRawText());
}
