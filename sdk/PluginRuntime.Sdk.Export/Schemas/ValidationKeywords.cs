using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace PluginRuntime.Sdk.Export.Schemas;

/// <summary>Data annotations as keywords of JSON Schema. Those without a counterpart say nothing.</summary>
internal static class ValidationKeywords
{
    /// <exception cref="ExportException">The rule has a counterpart, but its values do not fit into it.</exception>
    internal static void Add(ValidationAttribute rule, JsonPropertyInfo property, JsonTypeInfo type, JsonObject schema)
    {
        switch (rule)
        {
            case RangeAttribute range:
                Bound(schema, range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum", range.Minimum, property);
                Bound(schema, range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum", range.Maximum, property);
                break;
            case MinLengthAttribute minimum:
                Length(schema, "min", minimum.Length, type);
                break;
            case MaxLengthAttribute maximum:
                Length(schema, "max", maximum.Length, type);
                break;
            case LengthAttribute length:
                Length(schema, "min", length.MinimumLength, type);
                Length(schema, "max", length.MaximumLength, type);
                break;
            case StringLengthAttribute length:
                Length(schema, "min", length.MinimumLength, type);
                Length(schema, "max", length.MaximumLength, type);
                break;
            case RegularExpressionAttribute expression:
                // The annotation has to match the whole text, the keyword any part of it.
                schema["pattern"] = $"^(?:{expression.Pattern})$";
                break;
            case AllowedValuesAttribute allowed:
                schema["enum"] = new JsonArray([.. allowed.Values.Select(value => Value(value, property))]);
                break;
        }
    }

    private static void Length(JsonObject schema, string which, int length, JsonTypeInfo type)
    {
        // Bytes travel as Base64: their number is not the text's. MaxLength without a number means any.
        if (length < 0 || (length == 0 && which == "min") || type.Type == typeof(byte[]))
        {
            return;
        }

        schema[which + type.Kind switch
        {
            JsonTypeInfoKind.Enumerable => "Items",
            JsonTypeInfoKind.Dictionary => "Properties",
            _ => "Length",
        }] = length;
    }

    private static void Bound(JsonObject schema, string keyword, object bound, JsonPropertyInfo property)
    {
        switch (bound)
        {
            case int whole:
                schema[keyword] = whole;
                break;
            case double number when Math.Abs(number) < double.MaxValue:
                schema[keyword] = number;
                break;
            case double:
                break;
            case string text when decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number):
                schema[keyword] = number;
                break;
            default:
                throw new ExportException(
                    ExportException.Schema, $"[Range] of {Name(property)} has a bound that is no number. JSON Schema bounds numbers only.");
        }
    }

    private static JsonNode? Value(object? value, JsonPropertyInfo property) => value switch
    {
        null => null,
        string text => text,
        bool truth => truth,
        int whole => whole,
        long whole => whole,
        double number => number,
        _ => throw new ExportException(
            ExportException.Schema, $"[AllowedValues] of {Name(property)} holds a {value.GetType()}. Accepted are strings, booleans and numbers."),
    };

    private static string Name(JsonPropertyInfo property) => $"{property.DeclaringType}.{property.Name}";
}
