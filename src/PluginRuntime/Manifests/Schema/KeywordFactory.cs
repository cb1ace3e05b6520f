using System.Text.Json;
using PluginRuntime.Manifests.Schema.Formats;
using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Schema;

/// <summary>Makes the assertions of a schema, the cheap ones first, and checks its annotations.</summary>
internal static class KeywordFactory
{
    private const int MaxDivisorDigits = 100;

    internal static void Read(SchemaReader reader)
    {
        ReadAnnotations(reader);
        ReadType(reader);
        ReadValues(reader);
        ReadNumbers(reader);
        ReadText(reader);
        ReadCounts(reader);
        ReadNames(reader);
    }

    private static void ReadAnnotations(SchemaReader reader)
    {
        foreach (var keyword in (ReadOnlySpan<string>)["$comment", "title", "description", "contentEncoding", "contentMediaType"])
        {
            reader.Text(keyword);
        }

        foreach (var keyword in (ReadOnlySpan<string>)["deprecated", "readOnly", "writeOnly"])
        {
            reader.Flag(keyword);
        }

        reader.Of("examples", JsonValueKind.Array, "an array");
        reader.Of("$vocabulary", JsonValueKind.Object, "an object");
    }

    private static void ReadType(SchemaReader reader)
    {
        if (reader.Any("type") is not { } value)
        {
            return;
        }

        const string Accepted = "null, boolean, object, array, number, string or integer, or an array of some of them that differ";
        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        var types = default(JsonTypes);
        foreach (var item in items)
        {
            var type = item.ValueKind == JsonValueKind.String ? TypeKeyword.Parse(item.GetString()) : null;
            if (type is null || (types & type) != 0)
            {
                reader.Invalid("type", Accepted);
                return;
            }

            types |= type.Value;
        }

        if (types == default)
        {
            reader.Invalid("type", Accepted);
            return;
        }

        reader.Keywords.Add(new TypeKeyword(types));
    }

    private static void ReadValues(SchemaReader reader)
    {
        if (reader.Of("enum", JsonValueKind.Array, "an array") is { } values)
        {
            reader.Keywords.Add(new EnumKeyword("enum", [.. values.EnumerateArray()]));
        }

        if (reader.Any("const") is { } value)
        {
            reader.Keywords.Add(new EnumKeyword("const", [value]));
        }
    }

    private static void ReadNumbers(SchemaReader reader)
    {
        ReadBound(reader, "minimum", new BoundRule("minimum", 1, false));
        ReadBound(reader, "maximum", new BoundRule("maximum", -1, false));
        ReadBound(reader, "exclusiveMinimum", new BoundRule("exclusive-minimum", 1, true));
        ReadBound(reader, "exclusiveMaximum", new BoundRule("exclusive-maximum", -1, true));
        const string Accepted = "a number above 0 of at most 100 digits";
        if (reader.Of("multipleOf", JsonValueKind.Number, Accepted) is { } divisor)
        {
            var number = JsonNumber.Of(divisor);
            if (number.Sign <= 0 || number.DigitCount > MaxDivisorDigits)
            {
                reader.Invalid("multipleOf", Accepted);
                return;
            }

            reader.Keywords.Add(new MultipleOfKeyword(divisor));
        }
    }

    private static void ReadBound(SchemaReader reader, string keyword, BoundRule rule)
    {
        if (reader.Of(keyword, JsonValueKind.Number, "a number") is { } bound)
        {
            reader.Keywords.Add(new BoundKeyword(rule, bound));
        }
    }

    private static void ReadText(SchemaReader reader)
    {
        var (minimum, maximum) = (reader.Count("minLength"), reader.Count("maxLength"));
        if (minimum is not null || maximum is not null)
        {
            reader.Keywords.Add(new LengthKeyword(minimum ?? 0, maximum ?? long.MaxValue));
        }

        if (reader.Text("format") is { } format && KnownFormats.Find(format) is { } accepts)
        {
            reader.Keywords.Add(new FormatKeyword(format, accepts));
        }

        if (reader.Text("pattern") is { } text)
        {
            if (SchemaPattern.Create(text, out var problem) is { } pattern)
            {
                reader.Keywords.Add(new PatternKeyword(text, pattern));
            }
            else
            {
                reader.InvalidPattern("pattern", null, problem!);
            }
        }
    }

    private static void ReadCounts(SchemaReader reader)
    {
        ReadCount(reader, JsonValueKind.Array, "minItems", "maxItems");
        ReadCount(reader, JsonValueKind.Object, "minProperties", "maxProperties");
        if (reader.Flag("uniqueItems"))
        {
            reader.Keywords.Add(new UniqueItemsKeyword());
        }
    }

    private static void ReadCount(SchemaReader reader, JsonValueKind kind, string least, string most)
    {
        var (minimum, maximum) = (reader.Count(least), reader.Count(most));
        if (minimum is not null || maximum is not null)
        {
            reader.Keywords.Add(new CountKeyword(kind, minimum ?? 0, maximum ?? long.MaxValue));
        }
    }

    private static void ReadNames(SchemaReader reader)
    {
        if (reader.Names("required") is { Length: > 0 } required)
        {
            reader.Keywords.Add(new RequiredKeyword(required));
        }

        if (reader.Of("dependentRequired", JsonValueKind.Object, "an object of arrays of strings") is { } dependencies)
        {
            reader.Keywords.Add(new DependentRequiredKeyword(
                [.. dependencies.EnumerateObject().Select(one => (one.Name, reader.NamesOf("dependentRequired", one.Value) ?? []))]));
        }
    }
}
