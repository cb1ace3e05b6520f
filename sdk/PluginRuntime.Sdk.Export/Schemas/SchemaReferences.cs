using System.Text.Json.Nodes;

namespace PluginRuntime.Sdk.Export.Schemas;

/// <summary>
/// Recursive types: the exporter refers to the place where a type came up first, which carries the rules of that one property. Here the
/// type moves to <c>$defs</c>, and both places refer to it.
/// </summary>
internal static class SchemaReferences
{
    private const string Keyword = "$ref";

    internal static void MoveToDefinitions(JsonObject root)
    {
        var references = new List<JsonObject>();
        Collect(root, references);
        var definitions = new JsonObject();

        // Outer places first: moving one changes the pointers of those inside it.
        while (references.Select(Target).Where(IsPlace).MinBy(pointer => pointer.Length) is { } pointer)
        {
            var name = $"type{definitions.Count + 1}";
            var moved = $"#/$defs/{name}";
            definitions[name] = Replace(root, pointer, moved);

            // What lies inside a moved schema is found there from now on.
            root.TryAdd("$defs", definitions);
            foreach (var reference in references)
            {
                var target = Target(reference);
                if (target == pointer || target.StartsWith(pointer + "/", StringComparison.Ordinal))
                {
                    reference[Keyword] = moved + target[pointer.Length..];
                }
            }
        }
    }

    internal static IEnumerable<JsonNode?> ChildrenOf(JsonNode? node) => node switch
    {
        JsonObject members => members.Select(member => member.Value).ToList(),
        JsonArray items => items.ToList(),
        _ => [],
    };

    private static string Target(JsonObject reference) => reference[Keyword]!.GetValue<string>();

    /// <summary>Neither the root nor a definition already.</summary>
    private static bool IsPlace(string pointer) =>
        pointer != "#" && !(pointer.StartsWith("#/$defs/", StringComparison.Ordinal) && pointer.LastIndexOf('/') == "#/$defs".Length);

    private static void Collect(JsonNode? node, List<JsonObject> references)
    {
        if (node is JsonObject schema && schema[Keyword] is JsonValue)
        {
            references.Add(schema);
        }

        foreach (var child in ChildrenOf(node))
        {
            Collect(child, references);
        }
    }

    /// <summary>Takes the schema at a place, and leaves a reference with the property's own keywords there.</summary>
    private static JsonNode Replace(JsonObject root, string pointer, string moved)
    {
        JsonNode node = root;
        foreach (var token in pointer[2..].Split('/'))
        {
            var name = token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            node = node is JsonArray items ? items[int.Parse(name, System.Globalization.CultureInfo.InvariantCulture)]! : node[name]!;
        }

        var reference = new JsonObject { [Keyword] = moved };
        node.ReplaceWith(reference);
        if (node is JsonObject schema && schema[PropertyKeywords.Marker] is { } keywords)
        {
            schema.Remove(PropertyKeywords.Marker);
            reference[PropertyKeywords.Marker] = keywords;
        }

        return node;
    }
}
