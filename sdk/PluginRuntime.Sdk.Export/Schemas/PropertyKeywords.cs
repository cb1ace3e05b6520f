using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace PluginRuntime.Sdk.Export.Schemas;

/// <summary>
/// What a property says beyond its type: description, default, secret, path, and the rules of its data annotations. Kept apart from the
/// type's schema until references have their place, because two properties may share one schema by reference.
/// </summary>
internal static class PropertyKeywords
{
    /// <summary>No keyword of JSON Schema, and no name that a property can have.</summary>
    internal const string Marker = "\0property";

    internal static void Attach(JsonPropertyInfo property, JsonTypeInfo type, JsonObject schema)
    {
        var keywords = new JsonObject();
        if (schema.TryGetPropertyValue("default", out var value))
        {
            schema.Remove("default");
            keywords["default"] = value;
        }

        // Attributes of a record's parameter stay with the parameter unless they are targeted at the property.
        ICustomAttributeProvider?[] providers = [property.AssociatedParameter?.AttributeProvider, property.AttributeProvider];
        foreach (var attribute in providers.OfType<ICustomAttributeProvider>().SelectMany(provider => provider.GetCustomAttributes(inherit: true)))
        {
            Add(attribute, property, type, keywords);
        }

        if (keywords.Count > 0)
        {
            schema[Marker] = keywords;
        }
    }

    /// <summary>Gives every schema below <paramref name="node"/> the keywords of its property.</summary>
    internal static void Merge(JsonNode? node)
    {
        foreach (var child in SchemaReferences.ChildrenOf(node))
        {
            Merge(child);
        }

        if (node is JsonObject schema && schema[Marker] is JsonObject keywords)
        {
            schema.Remove(Marker);
            foreach (var (name, keyword) in keywords)
            {
                schema[name] = keyword?.DeepClone();
            }
        }
    }

    private static void Add(object attribute, JsonPropertyInfo property, JsonTypeInfo type, JsonObject keywords)
    {
        switch (attribute)
        {
            case DescriptionAttribute description:
                keywords["description"] = description.Description;
                break;
            case SecretAttribute:
                keywords["writeOnly"] = true;
                break;
            case PathAttribute:
                keywords["format"] = "path";
                break;
            case ValidationAttribute rule:
                ValidationKeywords.Add(rule, property, type, keywords);
                break;
        }
    }
}
