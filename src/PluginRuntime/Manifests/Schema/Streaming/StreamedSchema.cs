using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using PluginRuntime.Manifests.Schema.Keywords;

namespace PluginRuntime.Manifests.Schema.Streaming;

/// <summary>
/// A schema in the form that is checked token by token, without a document: for the calls whose values are right, which is nearly all. It
/// says yes or "not sure", never no: what it is not sure of is evaluated in full, and that decides and explains.
/// </summary>
/// <remarks>It knows the keywords that exported schemas are made of. Where another one stands it is not sure of anything.</remarks>
internal sealed class StreamedSchema
{
    /// <summary>One bit each.</summary>
    private const int MostNames = 64;

    /// <summary>A longer chain is the full evaluation's business, which may find it too long.</summary>
    private const int MostReferences = 16;

    private StreamedProperty[] _properties = [];
    private ulong _required;
    private bool _isUnknown;

    /// <summary>The accepted types; null for any.</summary>
    internal JsonTypes? Types { get; set; }

    /// <summary>The accepted texts; null for any value.</summary>
    internal byte[][]? Texts { get; set; }

    /// <summary>Numbers are on the accepted side of all of these.</summary>
    internal List<BoundKeyword> Bounds { get; } = [];

    /// <summary>Characters of a text.</summary>
    internal (long Minimum, long Maximum)? Length { get; set; }

    internal (long Minimum, long Maximum)? Items { get; set; }

    internal (long Minimum, long Maximum)? Members { get; set; }

    /// <summary>The form of a text.</summary>
    internal Func<string, bool>? Format { get; set; }

    /// <summary>What each item is; null for anything.</summary>
    internal StreamedSchema? Item { get; set; }

    /// <summary>What a property without a name of its own is; null for anything.</summary>
    internal StreamedSchema? Additional { get; set; }

    /// <summary>Whether a property without a name of its own is refused.</summary>
    internal bool IsClosed { get; set; }

    /// <summary>The streamed form of a schema.</summary>
    /// <param name="node">The schema.</param>
    /// <param name="known">Those made already: schemas refer to each other in circles.</param>
    internal static StreamedSchema Of(SchemaNode node, Dictionary<SchemaNode, StreamedSchema> known)
    {
        if (known.TryGetValue(node, out var there))
        {
            return there;
        }

        // A reference has no place of its own, or each level of a value would be read once more. They do not go round in circles.
        var meant = node;
        for (var steps = 0; meant.Keywords is [RefKeyword reference] && steps < MostReferences; steps++)
        {
            meant = reference.Target;
        }

        if (meant != node && meant.Keywords is not [RefKeyword])
        {
            return known[node] = Of(meant, known);
        }

        var made = new StreamedSchema();
        known.Add(node, made);
        made._isUnknown = node.IsFalse || node.AsksEvaluated || !RuntimeHelpers.TryEnsureSufficientExecutionStack()
            || !node.Keywords.All(keyword => keyword.TryStream(made, known));
        return made;
    }

    /// <summary>Names properties.</summary>
    /// <returns>False when there are too many.</returns>
    internal bool TryName(IEnumerable<KeyValuePair<string, SchemaNode>> named, Dictionary<SchemaNode, StreamedSchema> known)
    {
        foreach (var (name, schema) in named)
        {
            Named(name).Schema = Of(schema, known);
        }

        return _properties.Length <= MostNames;
    }

    /// <returns>False when there are too many.</returns>
    internal bool TryRequire(IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            _required |= 1UL << (Named(name).Index & (MostNames - 1));
        }

        return _properties.Length <= MostNames;
    }

    /// <summary>Reads one value, at whose first token the reader stands; then it stands at the last one.</summary>
    /// <param name="reader">Of all of <paramref name="utf8"/>.</param>
    /// <param name="utf8">The document.</param>
    /// <returns>False when it is not sure that the value is accepted.</returns>
    /// <exception cref="JsonException">It is no JSON, or too deep.</exception>
    internal bool Accepts(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        if (_isUnknown)
        {
            return false;
        }

        return reader.TokenType switch
        {
            JsonTokenType.StartObject => Allows(JsonTypes.Object) && Texts is null && AcceptsMembers(ref reader, utf8),
            JsonTokenType.StartArray => Allows(JsonTypes.Array) && Texts is null && AcceptsItems(ref reader, utf8),
            JsonTokenType.String => Allows(JsonTypes.String) && AcceptsText(ref reader),
            JsonTokenType.Number => AcceptsNumber(ref reader),
            JsonTokenType.True or JsonTokenType.False => Allows(JsonTypes.Boolean) && Texts is null,
            JsonTokenType.Null => Allows(JsonTypes.Null) && Texts is null,
            _ => false,
        };
    }

    private static bool IsWithin(long count, (long Minimum, long Maximum)? range) =>
        range is not var (minimum, maximum) || (count >= minimum && count <= maximum);

    private bool Allows(JsonTypes type) => Types is not { } types || (types & type) != 0;

    private bool AcceptsMembers(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        ulong seen = 0;
        var others = new OtherNames();
        var count = 0;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            // Two ways of writing a name are the full evaluation's business.
            if (reader.ValueIsEscaped)
            {
                return false;
            }

            var property = Find(reader.ValueSpan);
            var bit = property is null ? 0 : 1UL << property.Index;
            var isNew = property is null ? others.TryAdd(reader.ValueSpan, (int)reader.TokenStartIndex + 1, utf8) : (seen & bit) == 0;
            var schema = property?.Schema ?? (IsClosed ? null : Additional ?? StreamedAny.Schema);
            if (!isNew || schema is null)
            {
                return false;
            }

            seen |= bit;
            count++;
            reader.Read();
            if (!schema.Accepts(ref reader, utf8))
            {
                return false;
            }
        }

        return (seen & _required) == _required && IsWithin(count, Members);
    }

    private bool AcceptsItems(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        var item = Item ?? StreamedAny.Schema;
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            count++;
            if (!item.Accepts(ref reader, utf8))
            {
                return false;
            }
        }

        return IsWithin(count, Items);
    }

    private bool AcceptsText(ref Utf8JsonReader reader)
    {
        var text = reader.ValueSpan;
        if (reader.ValueIsEscaped && (Texts is not null || Length is not null))
        {
            return false;
        }

        return (Texts is null || Contains(Texts, text))
            && (Length is null || IsWithin(LengthKeyword.Count(text), Length))
            && (Format is null || Format(reader.GetString()!));
    }

    private bool AcceptsNumber(ref Utf8JsonReader reader)
    {
        if (Texts is not null || !(Allows(JsonTypes.Number) || (Allows(JsonTypes.Integer) && JsonNumber.IsPlainInteger(reader.ValueSpan))))
        {
            return false;
        }

        foreach (var bound in Bounds)
        {
            if (!bound.Accepts(reader.ValueSpan))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Contains(byte[][] texts, ReadOnlySpan<byte> text)
    {
        foreach (var one in texts)
        {
            if (text.SequenceEqual(one))
            {
                return true;
            }
        }

        return false;
    }

    private StreamedProperty? Find(ReadOnlySpan<byte> name)
    {
        foreach (var property in _properties)
        {
            if (name.SequenceEqual(property.Name))
            {
                return property;
            }
        }

        return null;
    }

    private StreamedProperty Named(string name)
    {
        var utf8 = Encoding.UTF8.GetBytes(name);
        if (Find(utf8) is not { } property)
        {
            property = new(utf8, _properties.Length);
            _properties = [.. _properties, property];
        }

        return property;
    }
}
