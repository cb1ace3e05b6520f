using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Manifests.Import;

/// <summary>Takes out of a converted schema what is no JSON Schema: documents hold what nobody ever checked.</summary>
internal static class SchemaRepair
{
    // What is found once what was found is gone: 100 errors at a time, and references that come back to themselves at last.
    private const int MaxRounds = 20;

    /// <param name="schema">The root; it is changed.</param>
    /// <param name="placeOf">Where in the document a schema came from.</param>
    /// <param name="notes">Told of what is taken out.</param>
    /// <returns>Whether it is a schema now.</returns>
    internal static bool Mend(JsonObject schema, Func<JsonNode, string?> placeOf, ImportNotes notes)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var errors = JsonSchema.CompileStrict(JsonElement.Parse(ImportJson.ToUtf8(schema)), []).Errors;
            if (errors.Count == 0)
            {
                return true;
            }

            foreach (var error in errors)
            {
                Remove(schema, error, placeOf, notes);
            }
        }

        return false;
    }

    private static void Remove(JsonObject schema, ValidationError error, Func<JsonNode, string?> placeOf, ImportNotes notes)
    {
        if (!JsonPointer.TrySplit(error.Pointer, out var tokens) || tokens.Length == 0)
        {
            return;
        }

        JsonNode? owner = schema;
        var place = "";
        foreach (var token in tokens[..^1])
        {
            place = Place(owner, place, token, placeOf);
            owner = Child(owner, token);
        }

        var detail = error.Code == "schema.ref-cycle"
            ? "The schema comes back to itself for the same value; it is left out here, and accepts anything."
            : $"This is left out: it is no keyword of JSON Schema as it stands here. {error.Detail}";
        notes.Add(Place(owner, place, tokens[^1], placeOf), "import.keyword", detail);
        switch (owner)
        {
            case JsonObject map when error.Code is "schema.ref-cycle" or "schema.invalid" && map.ContainsKey(tokens[^1]):
                map[tokens[^1]] = new JsonObject();
                break;
            case JsonObject map:
                map.Remove(tokens[^1]);
                break;
            case JsonArray list when int.TryParse(tokens[^1], out var index) && index < list.Count:
                list[index] = new JsonObject();
                break;
        }
    }

    /// <summary>Where in the document a member of a node stands: what the nearest schema outside of it came from, and the way from there.</summary>
    private static string Place(JsonNode? owner, string place, string token, Func<JsonNode, string?> placeOf) =>
        JsonPointer.Append(owner is null ? place : placeOf(owner) ?? place, token);

    private static JsonNode? Child(JsonNode? owner, string token) => owner switch
    {
        JsonObject map => map[token],
        JsonArray list when int.TryParse(token, out var index) && index < list.Count => list[index],
        _ => null,
    };
}
