using System.Reflection;
using System.Text.Json.Nodes;

namespace PluginRuntime.Sdk.Export.Schemas;

/// <summary>Allows null inside collections where the annotations do: the exporter looks at properties only, not into <c>List&lt;string?&gt;</c>.</summary>
internal static class ElementNullability
{
    internal static void Apply(NullabilityInfo nullability, JsonObject schema)
    {
        var arguments = nullability.GenericTypeArguments;
        if (schema["items"] is JsonObject items && (nullability.ElementType ?? (arguments.Length == 1 ? arguments[0] : null)) is { } element)
        {
            schema["items"] = Allow(element, items);
        }
        else if (schema["additionalProperties"] is JsonObject values && arguments.Length == 2)
        {
            schema["additionalProperties"] = Allow(arguments[1], values);
        }
    }

    private static JsonObject Allow(NullabilityInfo nullability, JsonObject schema)
    {
        Apply(nullability, schema);
        if (nullability.ReadState != NullabilityState.Nullable)
        {
            return schema;
        }

        if (schema.ContainsKey("$ref"))
        {
            return new() { ["anyOf"] = new JsonArray(schema.DeepClone(), new JsonObject { ["type"] = "null" }) };
        }

        if (schema["type"] is JsonValue single && single.GetValue<string>() != "null")
        {
            schema["type"] = new JsonArray(single.DeepClone(), "null");
        }
        else if (schema["type"] is JsonArray several && !several.Any(name => name!.GetValue<string>() == "null"))
        {
            several.Add("null");
        }

        if (schema["enum"] is JsonArray values && !values.Contains(null))
        {
            values.Add(null);
        }

        return schema;
    }
}
