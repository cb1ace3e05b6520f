using System.Text.Json;
using PluginRuntime.Manifests.Schema.Streaming;

namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary><c>minimum</c>, <c>maximum</c> and their exclusive forms.</summary>
internal sealed class BoundKeyword(BoundRule rule, JsonElement bound) : Keyword
{
    private readonly JsonNumber _bound = JsonNumber.Of(bound);

    private string Relation => rule switch
    {
        { Sign: 1, IsExclusive: false } => "at least",
        { Sign: 1 } => "more than",
        { IsExclusive: false } => "at most",
        _ => "less than",
    };

    internal override bool TryStream(StreamedSchema to, Dictionary<SchemaNode, StreamedSchema> known)
    {
        to.Bounds.Add(this);
        return true;
    }

    /// <summary>Whether a number is surely on the accepted side: false for one that is too long to tell at a glance.</summary>
    internal bool Accepts(ReadOnlySpan<byte> raw)
    {
        if (!JsonNumber.TryShort(raw, out var number))
        {
            return false;
        }

        var side = number.CompareTo(_bound) * rule.Sign;
        return side > 0 || (side == 0 && !rule.IsExclusive);
    }

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != JsonValueKind.Number)
        {
            return true;
        }

        // Positive when the number lies on the accepted side of the bound.
        var side = run.Number(instance).CompareTo(_bound) * rule.Sign;
        return side > 0
            || (side == 0 && !rule.IsExclusive)
            || run.Fail(rule.Name, $"The number is out of range; accepted is {Relation} {KeywordText.Shorten(bound.GetRawText())}.");
    }
}
