using System.Text.Json;
using PluginRuntime.Manifests.Schema.Streaming;

namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary><c>minItems</c> and <c>maxItems</c>, or <c>minProperties</c> and <c>maxProperties</c>.</summary>
internal sealed class CountKeyword(JsonValueKind kind, long minimum, long maximum) : Keyword
{
    internal override bool TryStream(StreamedSchema to, Dictionary<SchemaNode, StreamedSchema> known)
    {
        if (kind == JsonValueKind.Array)
        {
            to.Items = (minimum, maximum);
        }
        else
        {
            to.Members = (minimum, maximum);
        }

        return true;
    }

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != kind)
        {
            return true;
        }

        var isArray = kind == JsonValueKind.Array;
        var count = isArray ? instance.GetArrayLength() : instance.GetPropertyCount();
        if (count < minimum)
        {
            return run.Fail(isArray ? "min-items" : "min-properties", $"There are too few; accepted is at least {Text(minimum, isArray)}.");
        }

        return count <= maximum
            || run.Fail(isArray ? "max-items" : "max-properties", $"There are too many; accepted is at most {Text(maximum, isArray)}.");
    }

    private static string Text(long count, bool isArray) =>
        isArray ? KeywordText.Count(count, "item", "items") : KeywordText.Count(count, "property", "properties");
}
