using System.Text.Json;

namespace PluginRuntime.Manifests.Schema;

/// <summary>Reads the values of one schema's keywords, and reports those that are not what the keyword takes.</summary>
internal sealed class SchemaReader(SchemaCompiler compiler, SchemaNode node, JsonElement element)
{
    internal List<Keyword> Keywords { get; } = [];

    internal void Read()
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            node.IsFalse = element.ValueKind == JsonValueKind.False;
            if (element.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            {
                compiler.Report(node.Pointer, "schema.invalid", "This is no schema; accepted is an object, true or false.");
            }

            return;
        }

        foreach (var property in element.EnumerateObject())
        {
            if (!SchemaShapes.IsKnown(property.Name))
            {
                compiler.Report(
                    JsonPointer.Append(node.Pointer, property.Name),
                    "schema.keyword-unknown",
                    "The keyword is not known; accepted are those of JSON Schema 2020-12.");
            }
        }

        KeywordFactory.Read(this);
        ApplicatorFactory.Read(this);
        node.Keywords = [.. Keywords];
    }

    internal void Invalid(string keyword, string accepted) =>
        compiler.Report(
            JsonPointer.Append(node.Pointer, keyword),
            "schema.keyword-invalid",
            $"The value of {keyword} is not accepted; accepted is {accepted}.");

    internal void AskEvaluated() => node.AsksEvaluated = true;

    internal JsonElement? Any(string keyword) => element.TryGetProperty(keyword, out var value) ? value : null;

    /// <summary>A value of a kind; null when it is not there, or reported.</summary>
    internal JsonElement? Of(string keyword, JsonValueKind kind, string accepted)
    {
        if (!element.TryGetProperty(keyword, out var value))
        {
            return null;
        }

        if (value.ValueKind == kind)
        {
            return value;
        }

        Invalid(keyword, accepted);
        return null;
    }

    internal string? Text(string keyword) => Of(keyword, JsonValueKind.String, "a string")?.GetString();

    internal bool Flag(string keyword)
    {
        var value = Any(keyword)?.ValueKind;
        if (value is not (null or JsonValueKind.True or JsonValueKind.False))
        {
            Invalid(keyword, "true or false");
        }

        return value == JsonValueKind.True;
    }

    internal long? Count(string keyword)
    {
        const string Accepted = "an integer that is not negative";
        if (Of(keyword, JsonValueKind.Number, Accepted) is not { } value)
        {
            return null;
        }

        if (JsonNumber.Of(value).TryGetCount(out var count))
        {
            return count;
        }

        Invalid(keyword, Accepted);
        return null;
    }

    internal string[] Names(string keyword) => Any(keyword) is { } value ? NamesOf(keyword, value) ?? [] : [];

    /// <summary>Strings that differ; null when reported.</summary>
    internal string[]? NamesOf(string keyword, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
        {
            var names = value.EnumerateArray().Select(item => item.GetString()!).ToArray();
            if (names.Distinct(StringComparer.Ordinal).Count() == names.Length)
            {
                return names;
            }
        }

        Invalid(keyword, "an array of strings that differ");
        return null;
    }

    internal SchemaNode? Schema(string keyword) => Any(keyword) is { } value ? Child(JsonPointer.Append(node.Pointer, keyword), value) : null;

    internal SchemaNode[] Schemas(string keyword)
    {
        if (Of(keyword, JsonValueKind.Array, "an array of schemas, one at least") is not { } value)
        {
            return [];
        }

        if (value.GetArrayLength() == 0)
        {
            Invalid(keyword, "an array of schemas, one at least");
        }

        var pointer = JsonPointer.Append(node.Pointer, keyword);
        return [.. value.EnumerateArray().Select((item, index) => Child(JsonPointer.Append(pointer, index), item))];
    }

    internal List<(string Name, SchemaNode Schema)> SchemaMap(string keyword)
    {
        if (Of(keyword, JsonValueKind.Object, "an object of schemas") is not { } value)
        {
            return [];
        }

        var pointer = JsonPointer.Append(node.Pointer, keyword);
        return [.. value.EnumerateObject().Select(member => (member.Name, Child(JsonPointer.Append(pointer, member.Name), member.Value)))];
    }

    internal (SchemaNode Node, string? Anchor)? Reference(string keyword) =>
        Text(keyword) is { } reference ? compiler.Resolve(reference, node.Resource, JsonPointer.Append(node.Pointer, keyword)) : null;

    internal static bool IsDynamicAnchor(SchemaNode target, string anchor) => target.Resource.DynamicAnchors.GetValueOrDefault(anchor) == target;

    internal void InvalidPattern(string keyword, string? member, string problem)
    {
        var pointer = JsonPointer.Append(node.Pointer, keyword);
        compiler.Report(
            member is null ? pointer : JsonPointer.Append(pointer, member),
            "schema.pattern-invalid",
            $"The pattern {problem}; accepted is a regular expression of ECMA-262.");
    }

    private SchemaNode Child(string pointer, JsonElement value) => compiler.Node(pointer, value, node.Resource);
}
