using PluginRuntime.Manifests.Schema;

namespace PluginRuntime.Manifests.Comparison;

/// <summary>What one schema by itself demands of a property or an item.</summary>
internal static class SchemaProperties
{
    /// <summary>The schemas that a property has to meet.</summary>
    internal static IReadOnlyList<SchemaPlace> On(SchemaPlace schema, string name) =>
        Described(schema, name) is { Count: > 0 } described ? described : schema.Child("additionalProperties") is { } additional ? [additional] : [];

    /// <summary>Those that name it, or a pattern of its name.</summary>
    internal static IReadOnlyList<SchemaPlace> Described(SchemaPlace schema, string name)
    {
        var described = schema.Map("patternProperties").Where(patterned => Matches(patterned.Name, name)).Select(patterned => patterned.Schema);
        return schema.Member("properties", name) is { } named ? [named, .. described] : [.. described];
    }

    /// <summary>What an item has to meet; null for nothing.</summary>
    internal static SchemaPlace? Item(SchemaPlace schema, int index) =>
        schema.List("prefixItems") is var prefix && index < prefix.Count ? prefix[index] : schema.Child("items");

    internal static HashSet<string> Patterns(SchemaPlace schema) => [.. schema.Map("patternProperties").Select(patterned => patterned.Name)];

    private static bool Matches(string pattern, string name) => SchemaPattern.Create(pattern, out _)?.IsMatch(name) == true;
}
