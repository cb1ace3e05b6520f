using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using PluginRuntime.Manifests.Schema.Streaming;

namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary><c>properties</c>, <c>patternProperties</c> and <c>additionalProperties</c>, in one pass over the object.</summary>
internal sealed class PropertiesKeyword(
    Dictionary<string, SchemaNode> named,
    (SchemaPattern Pattern, SchemaNode Schema)[] patterns,
    SchemaNode? additional) : Keyword
{
    private const int MaxShortName = 128;

    private readonly Dictionary<string, SchemaNode>.AlternateLookup<ReadOnlySpan<char>> _named =
        named.GetAlternateLookup<ReadOnlySpan<char>>();

    internal override bool TryStream(StreamedSchema to, Dictionary<SchemaNode, StreamedSchema> known)
    {
        to.IsClosed = additional is { IsFalse: true };
        to.Additional = additional is null or { IsFalse: true } ? null : StreamedSchema.Of(additional, known);
        return patterns.Length == 0 && to.TryName(named, known);
    }

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        run.Charge(instance.GetPropertyCount() / Evaluation.BytesPerStep);
        var accepted = true;
        var index = 0;
        foreach (var property in instance.EnumerateObject())
        {
            if (!EvaluateProperty(property, index++, run, seen))
            {
                accepted = false;
                if (!run.Explains)
                {
                    return false;
                }
            }
        }

        return accepted;
    }

    private bool EvaluateProperty(JsonProperty property, int index, Evaluation run, Evaluated? seen)
    {
        var accepted = true;
        var isKnown = false;
        if (Find(property) is { } schema)
        {
            isKnown = true;
            accepted = run.Property(schema, property);
        }

        foreach (var (pattern, patterned) in patterns)
        {
            run.Charge(1);
            if (!run.IsStopped && run.Matches(pattern, property.Name))
            {
                isKnown = true;
                accepted &= run.Property(patterned, property);
            }
        }

        if (isKnown || additional is not null)
        {
            seen?.Mark(index);
        }

        return isKnown || additional is null ? accepted : EvaluateAdditional(property, additional, run);
    }

    private bool EvaluateAdditional(JsonProperty property, SchemaNode schema, Evaluation run)
    {
        if (!schema.IsFalse)
        {
            return run.Property(schema, property);
        }

        return run.Explains && run.FailAt(property.Name, "additional-properties", $"The property is not known; accepted are {Accepted()}.");
    }

    private string Accepted() => named.Count == 0
        ? "no others"
        : KeywordText.Shorten(string.Join(", ", named.Keys)) + (patterns.Length == 0 ? "" : " and those that match a pattern");

    // The name is not made a string where that can be avoided: this runs for every property of every call.
    private SchemaNode? Find(JsonProperty property)
    {
        if (named.Count == 0)
        {
            return null;
        }

        var raw = JsonMarshal.GetRawUtf8PropertyName(property);
        if (raw.Length > MaxShortName || raw.Contains((byte)'\\'))
        {
            return named.GetValueOrDefault(property.Name);
        }

        Span<char> name = stackalloc char[MaxShortName];
        return _named.TryGetValue(name[..Encoding.UTF8.GetChars(raw, name)], out var schema) ? schema : null;
    }
}
