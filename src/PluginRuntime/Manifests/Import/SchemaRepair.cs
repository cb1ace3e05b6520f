using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Manifests.Import;

/// <summary>Takes out of a converted schema what is no JSON Schema: documents hold what nobody ever checked.</summary>
internal static class SchemaRepair
{
    /// <param name="schema">The root; it is changed.</param>
    /// <param name="places">Where in the document schemas came from.</param>
    /// <param name="budget">How many times it may be tried.</param>
    /// <param name="notes">Told of what is taken out.</param>
    /// <returns>Whether it is a schema now.</returns>
    internal static bool Mend(JsonObject schema, IReadOnlyDictionary<JsonNode, string> places, ImportBudget budget, ImportNotes notes)
    {
        // 100 errors are found at a time, and references that come back to themselves at last.
        for (var isFirst = true; isFirst || budget.TakeRepair(); isFirst = false)
        {
            var errors = JsonSchema.CompileStrict(JsonElement.Parse(ImportJson.ToUtf8(schema)), []).Errors;
            if (errors.Count == 0)
            {
                return true;
            }

            foreach (var error in errors)
            {
                Remove(schema, error, places, notes);
            }
        }

        return false;
    }

    private static void Remove(JsonObject schema, ValidationError error, IReadOnlyDictionary<JsonNode, string> places, ImportNotes notes)
    {
        if (!JsonPointer.TrySplit(error.Pointer, out var tokens) || tokens.Length == 0)
        {
            return;
        }

        JsonNode? owner = schema;
        var place = "";
        foreach (var token in tokens[..^1])
        {
            place = Place(owner, place, token, places);
            owner = Child(owner, token);
        }

        var detail = error.Code == "schema.ref-cycle"
            ? "The schema comes back to itself for the same value; it is left out here, and accepts anything."
            : $"This is left out: it is no keyword of JSON Schema as it stands here. {error.Detail}";
        notes.Add(Place(owner, place, tokens[^1], places), "import.keyword", detail);
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
    private static string Place(JsonNode? owner, string place, string token, IReadOnlyDictionary<JsonNode, string> places) =>
        JsonPointer.Append(owner is null ? place : places.GetValueOrDefault(owner, place), token);

    private static JsonNode? Child(JsonNode? owner, string token) => owner switch
    {
        JsonObject map => map[token],
        JsonArray list when int.TryParse(token, out var index) && index < list.Count => list[index],
        _ => null,
    };
}
