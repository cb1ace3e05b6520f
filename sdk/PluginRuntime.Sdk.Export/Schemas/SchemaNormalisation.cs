using System.ComponentModel;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace PluginRuntime.Sdk.Export.Schemas;

/// <summary>Turns each node that <see cref="JsonSchemaExporter"/> makes into what a manifest says.</summary>
internal sealed class SchemaNormalisation(Type root, SchemaUse use)
{
    internal JsonNode Normalise(JsonSchemaExporterContext context, JsonNode node)
    {
        // The exporter says true where anything goes. An empty object says the same and takes a description.
        var schema = node as JsonObject ?? [];
        if (schema.ContainsKey("not"))
        {
            var place = context.Path.Length == 0 ? "" : $" at {string.Join('/', context.Path.ToArray())}";
            throw new ExportException(
                ExportException.Schema, $"{context.TypeInfo.Type} in {root}{place} has no JSON Schema. Use a type that JSON can carry.");
        }

        // A reference leads to the place where the same property of the same type came up first, and all is said there.
        if (schema.ContainsKey("$ref"))
        {
            return schema;
        }

        var type = Underlying(context.TypeInfo);
        MakeNumberPlain(context, type, schema);
        DescribeObject(type, schema);
        if (context.PropertyInfo is { } property)
        {
            if (property.AttributeProvider is PropertyInfo member)
            {
                ElementNullability.Apply(new NullabilityInfoContext().Create(member), schema);
            }

            PropertyKeywords.Add(property, type, schema);
        }

        return schema;
    }

    /// <summary>Contexts with web defaults also read numbers from strings. Nobody needs to be told.</summary>
    private static void MakeNumberPlain(JsonSchemaExporterContext context, JsonTypeInfo type, JsonObject schema)
    {
        if (schema["type"] is not JsonArray types
            || !types.Any(Is("string"))
            || !types.Any(name => Is("integer")(name) || Is("number")(name))
            || NumberHandlingOf(context, type).HasFlag(JsonNumberHandling.WriteAsString))
        {
            return;
        }

        types.Remove(types.First(Is("string")));
        schema.Remove("pattern");
        if (types.Count == 1)
        {
            schema["type"] = types[0]!.DeepClone();
        }
    }

    private static JsonNumberHandling NumberHandlingOf(JsonSchemaExporterContext context, JsonTypeInfo type)
    {
        var declaring = context.PropertyInfo is { } property && type.Options.TryGetTypeInfo(property.DeclaringType, out var found) ? found : null;
        return context.PropertyInfo?.NumberHandling ?? declaring?.NumberHandling ?? type.NumberHandling ?? type.Options.NumberHandling;
    }

    private void DescribeObject(JsonTypeInfo type, JsonObject schema)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }

        if (type.Type.GetCustomAttribute<DescriptionAttribute>() is { } description)
        {
            schema["description"] = description.Description;
        }

        // With anyOf it is a polymorphic type, whose alternatives are described one by one.
        if (schema.ContainsKey("anyOf"))
        {
            return;
        }

        RequiredProperties.Apply(type, schema, use);
        if (use == SchemaUse.Input && !type.Properties.Any(property => property.IsExtensionData))
        {
            schema["additionalProperties"] = false;
        }
    }

    private static JsonTypeInfo Underlying(JsonTypeInfo type) =>
        Nullable.GetUnderlyingType(type.Type) is { } underlying ? type.Options.GetTypeInfo(underlying) : type;

    private static Func<JsonNode?, bool> Is(string name) => node => node is JsonValue value && value.TryGetValue<string>(out var text) && text == name;
}
