using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace PluginRuntime.Sdk.Export.Schemas;

/// <summary>Which properties must be there: required members, and constructor parameters that are not nullable and have no default.</summary>
internal static class RequiredProperties
{
    internal static void Apply(JsonTypeInfo type, JsonObject schema, SchemaUse use)
    {
        // The exporter also lists nullable parameters without default, which the serializer does not ask for.
        var listed = (schema["required"] as JsonArray)?.Select(name => name!.GetValue<string>()).ToHashSet(StringComparer.Ordinal) ?? [];
        foreach (var property in type.Properties)
        {
            if ((IsNullableParameter(property) && !property.IsRequired) || (use == SchemaUse.Output && MayBeLeftOut(property)))
            {
                listed.Remove(property.Name);
            }
            else if (property.AttributeProvider?.IsDefined(typeof(RequiredAttribute), inherit: true) == true)
            {
                listed.Add(property.Name);
            }
        }

        schema.Remove("required");
        var required = type.Properties.Select(property => property.Name).Where(listed.Remove).Select(name => (JsonNode)name).ToList();
        required.InsertRange(0, listed.Order(StringComparer.Ordinal).Select(name => (JsonNode)name));
        if (required.Count > 0)
        {
            schema["required"] = new JsonArray([.. required]);
        }
    }

    private static bool IsNullableParameter(JsonPropertyInfo property) =>
        property.AssociatedParameter is { IsMemberInitializer: false } parameter
        && (parameter.IsNullable || Nullable.GetUnderlyingType(parameter.ParameterType) is not null);

    private static bool MayBeLeftOut(JsonPropertyInfo property)
    {
        var ignore = property.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: true)
            .OfType<JsonIgnoreAttribute>().FirstOrDefault();
        return (ignore?.Condition ?? property.Options.DefaultIgnoreCondition) switch
        {
            JsonIgnoreCondition.WhenWritingNull => property.IsGetNullable,
            JsonIgnoreCondition.Never => false,
            _ => true,
        };
    }
}
