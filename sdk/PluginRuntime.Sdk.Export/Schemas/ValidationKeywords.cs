using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace PluginRuntime.Sdk.Export.Schemas;

/// <summary>Data annotations as keywords of JSON Schema. Those without a counterpart say nothing.</summary>
internal static class ValidationKeywords
{
    /// <exception cref="ExportException">The rule has a counterpart, but its values do not fit into it.</exception>
    internal static void Add(ValidationAttribute rule, JsonPropertyInfo property, JsonTypeInfo type, JsonObject keywords)
    {
        switch (rule)
        {
            case RangeAttribute range:
                Bound(keywords, range.MinimumIsExclusive ? "exclusiveMinimum" : "minimum", range.Minimum, property);
                Bound(keywords, range.MaximumIsExclusive ? "exclusiveMaximum" : "maximum", range.Maximum, property);
                break;
            case MinLengthAttribute minimum:
                Length(keywords, "min", minimum.Length, type);
                break;
            case MaxLengthAttribute maximum:
                Length(keywords, "max", maximum.Length, type);
                break;
            case LengthAttribute length:
                Length(keywords, "min", length.MinimumLength, type);
                Length(keywords, "max", length.MaximumLength, type);
                break;
            case StringLengthAttribute length:
                Length(keywords, "min", length.MinimumLength, type);
                Length(keywords, "max", length.MaximumLength, type);
                break;
            case RegularExpressionAttribute expression:
                // The annotation has to match the whole text, the keyword any part of it.
                keywords["pattern"] = $"^(?:{expression.Pattern})$";
                break;
            case AllowedValuesAttribute allowed:
                keywords["enum"] = new JsonArray([.. allowed.Values.Select(value => Value(value, property))]);
                break;
        }
    }

    private static void Length(JsonObject keywords, string which, int length, JsonTypeInfo type)
    {
        // Bytes travel as Base64: their number is not the text's. MaxLength without a number means any.
        if (length < 0 || (length == 0 && which == "min") || type.Type == typeof(byte[]))
        {
            return;
        }

        keywords[which + type.Kind switch
        {
            JsonTypeInfoKind.Enumerable => "Items",
            JsonTypeInfoKind.Dictionary => "Properties",
            _ => "Length",
        }] = length;
    }

    private static void Bound(JsonObject keywords, string keyword, object bound, JsonPropertyInfo property)
    {
        switch (bound)
        {
            case int whole:
                keywords[keyword] = whole;
                break;
            case double number when Math.Abs(number) < double.MaxValue:
                keywords[keyword] = number;
                break;
            case double:
                break;
            case string text when decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number):
                keywords[keyword] = number;
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
