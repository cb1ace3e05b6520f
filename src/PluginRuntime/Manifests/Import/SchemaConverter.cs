using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests.Schema;
using PluginRuntime.Manifests.Schema.Formats;
using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Import;

/// <summary>
/// Turns schemas of a document into those of one side of an action, dialect 2020-12: the words of OpenAPI are translated or left out, and
/// what is referred to is put into <c>$defs</c>, each once, so that recursion stays recursion.
/// </summary>
/// <remarks>
/// The work is bounded: what is nearer to the root is there first, and what is beyond the bound accepts anything, which is noted. What
/// documents say more strictly than they mean is said more loosely: see <see cref="AddKeyword"/>. The API has the last word.
/// </remarks>
internal sealed class SchemaConverter
{
    // In characters of JSON, roughly: an action has two, and a manifest 1 MiB.
    private const int MaxSize = 100_000;
    private const int NodeSize = 16;

    // Levels of JSON in one of the schemas; a manifest has 64, and schemas stand at the fourth.
    private const int MaxDepth = 40;
    private const int MaxValueDepth = 12;

    private const int MaxKeywords = 200;

    private readonly OpenApiDocument _document;
    private readonly ImportNotes _notes;
    private readonly bool _isInput;
    private readonly Dictionary<(string Pointer, bool IsPart), string> _names = [];
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly Queue<(string Name, Located Schema, bool IsPart)> _pending = [];
    private readonly Dictionary<JsonNode, string> _places = new(ReferenceEqualityComparer.Instance);

    /// <param name="document">The document.</param>
    /// <param name="notes">Told of what is left out.</param>
    /// <param name="isInput">Whether the values are sent; else they come back.</param>
    internal SchemaConverter(OpenApiDocument document, ImportNotes notes, bool isInput) => (_document, _notes, _isInput) = (document, notes, isInput);

    /// <summary>About how large the schemas are so far.</summary>
    internal int Size { get; private set; }

    /// <summary>Converts a schema.</summary>
    /// <param name="schema">Where it stands.</param>
    /// <param name="depth">At which level of the action's schema it will stand, 1 for the root.</param>
    /// <param name="isPart">Whether others describe the same value: then it has members that this one does not know.</param>
    /// <returns>An object, true or false.</returns>
    internal JsonNode Convert(Located schema, int depth, bool isPart = false)
    {
        if (schema.Element.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return JsonValue.Create(schema.Element.ValueKind == JsonValueKind.True);
        }

        var converted = new JsonObject();
        _places.Add(converted, schema.Pointer);
        if (schema.Element.ValueKind != JsonValueKind.Object)
        {
            _notes.Add(schema.Pointer, "import.schema-invalid", "This is no schema, and is left out: it accepts anything.");
            return converted;
        }

        if (Size > MaxSize || depth > MaxDepth || !IsAffordable(schema))
        {
            _notes.Add(
                schema.Pointer, "import.schema-cut", "The schema is left out, and accepts anything: those of the action are too large, too deep or too much work as a whole.");
            return converted;
        }

        Size += NodeSize;
        var isNullable = ImportText.IsTrue(schema.Element, "nullable");
        Fill(converted, schema, isNullable ? depth + 2 : depth, isPart);
        return isNullable ? AddNull(converted) : converted;
    }

    /// <summary>Converts what the schemas so far refer to, and what that refers to, into the root's <c>$defs</c>.</summary>
    internal void AddDefinitions(JsonObject root)
    {
        var definitions = new JsonObject();
        while (_pending.TryDequeue(out var pending))
        {
            definitions[pending.Name] = Convert(pending.Schema, 3, pending.IsPart);
        }

        if (definitions.Count > 0)
        {
            root["$defs"] = definitions;
        }
    }

    /// <summary>Takes out what is no JSON Schema all the same.</summary>
    /// <returns>Whether the root is a schema now.</returns>
    internal bool Mend(JsonObject root)
    {
        // Patterns are known to be right, and to build them again and again would take its time.
        var patterns = _places.Keys.OfType<JsonObject>().Where(schema => schema.ContainsKey("pattern")).Select(schema => (Schema: schema, Pattern: schema["pattern"])).ToList();
        patterns.ForEach(one => one.Schema.Remove("pattern"));
        var isMended = SchemaRepair.Mend(root, _places, _document.Budget, _notes);
        patterns.ForEach(one => one.Schema["pattern"] = one.Pattern);
        return isMended;
    }

    private void Fill(JsonObject converted, Located schema, int depth, bool isPart)
    {
        var hasReference = schema.Find("$ref") is not null;
        if (hasReference)
        {
            AddReference(converted, schema, isPart || (!_document.IgnoresSiblings && schema.Find("properties") is not null));
        }

        foreach (var keyword in schema.Element.EnumerateObject().Take(MaxKeywords))
        {
            if (!hasReference || !_document.IgnoresSiblings || keyword.Name == "description")
            {
                AddKeyword(converted, schema, keyword, depth, isPart);
            }
        }
    }

    private void AddReference(JsonObject converted, Located schema, bool isPart)
    {
        var reference = schema.Find("$ref")!.Value;
        if (_document.Follow(reference.Element, reference.Pointer, _notes) is not { } target)
        {
            return;
        }

        // What comes back is never closed, so that it is the same as a part.
        isPart &= _isInput;
        if (!_names.TryGetValue((target.Pointer, isPart), out var name))
        {
            name = NameFor(target.Pointer);
            _names.Add((target.Pointer, isPart), name);
            _pending.Enqueue((name, target, isPart));
        }

        Size += name.Length;
        converted["$ref"] = $"#/$defs/{name}";
    }

    private string NameFor(string pointer)
    {
        const int Longest = 60;
        var last = pointer[(pointer.LastIndexOf('/') + 1)..];
        var wanted = string.Concat(last.Where(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' or '.').Take(Longest));
        wanted = wanted.Length == 0 ? "schema" : wanted;
        return _taken.Add(wanted) ? wanted : Numbered(wanted);
    }

    private string Numbered(string wanted)
    {
        // No two get the same number: there are as many names as numbers at most.
        var name = $"{wanted}-{_names.Count + 1}";
        while (!_taken.Add(name))
        {
            name += "-";
        }

        return name;
    }

    /// <remarks>
    /// Of an answer nothing is said by what it must not be: a member that the document does not know, a format, or an alternative that fits as
    /// well, is no reason to lose it. Objects that are closed and put together by allOf, as documents write inheritance, would accept nothing.
    /// </remarks>
    private void AddKeyword(JsonObject converted, Located schema, JsonProperty keyword, int depth, bool isPart)
    {
        switch (keyword.Name)
        {
            case "$ref" or "$id" or "$schema" or "$anchor" or "$dynamicAnchor" or "$vocabulary" or "$comment" or "$defs" or "definitions" or "examples":
            case "default" or "not" or "if" or "then" or "else" when !_isInput:
            case "format" when !_isInput && keyword.Value.ValueKind == JsonValueKind.String && KnownFormats.Find(keyword.Value.GetString()!) is not null:
            case "additionalProperties" or "unevaluatedProperties" or "unevaluatedItems" when (!_isInput || isPart) && keyword.Value.ValueKind == JsonValueKind.False:
            case "exclusiveMinimum" or "exclusiveMaximum" when keyword.Value.ValueKind is JsonValueKind.True or JsonValueKind.False:
                break;
            case "$dynamicRef":
                _notes.Add(JsonPointer.Append(schema.Pointer, keyword.Name), "import.keyword", "A dynamic reference is left out: it accepts anything.");
                break;
            case "title" or "description" when keyword.Value.ValueKind == JsonValueKind.String:
                AddText(converted, keyword);
                break;
            case "minimum" when ImportText.IsTrue(schema.Element, "exclusiveMinimum"):
                AddValue(converted, schema, "exclusiveMinimum", keyword.Value);
                break;
            case "maximum" when ImportText.IsTrue(schema.Element, "exclusiveMaximum"):
                AddValue(converted, schema, "exclusiveMaximum", keyword.Value);
                break;
            case "required" when keyword.Value.ValueKind == JsonValueKind.Array:
                AddRequired(converted, schema, keyword.Value);
                break;
            case "pattern" when keyword.Value.ValueKind == JsonValueKind.String:
                AddPattern(converted, schema, keyword.Value);
                break;
            case "type" when !IsType(keyword.Value) && !(keyword.Value.ValueKind == JsonValueKind.Array && keyword.Value.EnumerateArray().All(IsType)):
            case "required":
                _notes.Add(JsonPointer.Append(schema.Pointer, keyword.Name), "import.keyword", $"This is left out: it is no '{keyword.Name}' of JSON Schema.");
                break;
            case "additionalProperties" when keyword.Value.ValueKind == JsonValueKind.False && (HasAny(schema, "allOf") || HasAny(schema, "anyOf") || HasAny(schema, "oneOf")):
                converted["unevaluatedProperties"] = false;
                break;
            case "oneOf" when !HasAny(schema, "anyOf"):
                AddSchemas(converted, schema, "anyOf", keyword, depth, isPart);
                break;
            default:
                AddSchemas(converted, schema, keyword.Name, keyword, depth, isPart);
                break;
        }
    }

    private static bool IsType(JsonElement type) => type.ValueKind == JsonValueKind.String && TypeKeyword.Parse(type.GetString()) is not null;

    private static bool HasAny(Located schema, string keyword) => schema.Find(keyword) is not null;

    private void AddSchemas(JsonObject converted, Located schema, string name, JsonProperty keyword, int depth, bool isPart)
    {
        var at = schema.At(keyword.Name, keyword.Value);
        if (SchemaShapes.IsSingle(keyword.Name))
        {
            converted[name] = Convert(at, depth + 1);
        }
        else if (SchemaShapes.IsList(keyword.Name) && keyword.Value.ValueKind == JsonValueKind.Array)
        {
            var isShared = keyword.Name != "prefixItems"
                && (isPart || HasAny(schema, "properties") || (keyword.Name == "allOf" ? keyword.Value.GetArrayLength() > 1 : HasAny(schema, "allOf")));
            converted[name] = new JsonArray(
                [.. keyword.Value.EnumerateArray().TakeWhile(_ => Size <= MaxSize).Select((item, index) => Convert(at.At(index, item), depth + 2, isShared))]);
        }
        else if (SchemaShapes.IsMap(keyword.Name) && keyword.Value.ValueKind == JsonValueKind.Object)
        {
            AddMap(converted, name, at, depth);
        }
        else if (SchemaShapes.IsKnown(keyword.Name))
        {
            AddValue(converted, schema, keyword.Name, keyword.Value);
        }
    }

    private void AddMap(JsonObject converted, string name, Located map, int depth)
    {
        var members = new JsonObject();
        foreach (var member in map.Element.EnumerateObject())
        {
            Size += member.Name.Length;
            if (Size > MaxSize)
            {
                _notes.Add(map.Pointer, "import.schema-cut", "What follows is left out: the schemas of the action are too large as a whole.");
                break;
            }

            members[member.Name] = Convert(map.At(member.Name, member.Value), depth + 2);
        }

        converted[name] = members;
    }

    private bool IsAffordable(Located schema) =>
        ImportText.Member(schema.Element, "patternProperties") is not { ValueKind: JsonValueKind.Object } patterned || _document.Budget.TakePatternedNames(patterned.GetPropertyCount());

    private void AddPattern(JsonObject converted, Located schema, JsonElement pattern)
    {
        var pointer = JsonPointer.Append(schema.Pointer, "pattern");
        if (!_document.Budget.TakePattern())
        {
            _notes.Add(pointer, "import.schema-cut", "The pattern is left out: there are too many in the manifest.");
        }
        else if (SchemaPattern.IsValid(pattern.GetString()!))
        {
            AddValue(converted, schema, "pattern", pattern);
        }
        else
        {
            _notes.Add(pointer, "import.keyword", "The pattern is left out: it is no regular expression of ECMA-262.");
        }
    }

    private void AddText(JsonObject converted, JsonProperty keyword)
    {
        var text = ImportText.Cut(keyword.Value.GetString()!, keyword.Name == "title" ? ImportText.LongestName : ImportText.LongestDescription);
        Size += text.Length;
        if (text.Length > 0)
        {
            converted[keyword.Name] = text;
        }
    }

    private void AddValue(JsonObject converted, Located schema, string name, JsonElement value)
    {
        Size += JsonMarshal.GetRawUtf8Value(value).Length;
        if (Size > MaxSize || DepthOf(value) > MaxValueDepth)
        {
            _notes.Add(JsonPointer.Append(schema.Pointer, name), "import.schema-cut", "The keyword is left out: its value is too large or too deep.");
            return;
        }

        converted[name] = JsonNode.Parse(value.GetRawText());
    }

    /// <summary>What only comes back need not be sent, and what is only sent does not come back.</summary>
    private void AddRequired(JsonObject converted, Located schema, JsonElement names)
    {
        var flag = _isInput ? "readOnly" : "writeOnly";
        var properties = schema.Find("properties");
        var required = new JsonArray();
        foreach (var name in names.EnumerateArray().TakeWhile(_ => Size <= MaxSize))
        {
            var property = name.ValueKind == JsonValueKind.String && properties is { } map ? _document.MemberOf(map, name.GetString()!) : null;
            if (property is null || !ImportText.IsTrue((_document.Resolve(property.Value, new()) ?? property.Value).Element, flag))
            {
                Size += name.GetRawText().Length;
                required.Add(JsonNode.Parse(name.GetRawText()));
            }
        }

        converted["required"] = required;
    }

    private JsonObject AddNull(JsonObject converted)
    {
        string[] inPlace = ["$ref", "allOf", "anyOf", "oneOf", "not", "const", "if"];
        if (inPlace.Any(converted.ContainsKey) || (converted.ContainsKey("enum") && !converted.ContainsKey("type")))
        {
            Size += NodeSize;
            return new() { ["anyOf"] = new JsonArray(converted, new JsonObject { ["type"] = "null" }) };
        }

        if (converted["type"] is JsonValue type && type.GetValueKind() == JsonValueKind.String)
        {
            converted["type"] = new JsonArray(type.GetValue<string>(), "null");
        }
        else if (converted["type"] is JsonArray types && !types.Any(IsNullType))
        {
            types.Add("null");
        }

        if (converted["enum"] is JsonArray values && !values.Any(value => value is null))
        {
            values.Add(null);
        }

        return converted;
    }

    private static bool IsNullType(JsonNode? type) => type?.GetValueKind() == JsonValueKind.String && type.GetValue<string>() == "null";

    private static int DepthOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => 1 + value.EnumerateObject().Select(member => DepthOf(member.Value)).DefaultIfEmpty().Max(),
        JsonValueKind.Array => 1 + value.EnumerateArray().Select(DepthOf).DefaultIfEmpty().Max(),
        _ => 0,
    };
}
