using System.Text.Json;
using PluginRuntime.Manifests.Schema.Streaming;

namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary><c>prefixItems</c> and <c>items</c>.</summary>
internal sealed class ItemsKeyword(SchemaNode[] prefix, SchemaNode? rest) : Keyword
{
    internal override bool TryStream(StreamedSchema to, Dictionary<SchemaNode, StreamedSchema> known)
    {
        to.Item = rest is null ? null : StreamedSchema.Of(rest, known);
        return prefix.Length == 0;
    }

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != JsonValueKind.Array)
        {
            return true;
        }

        var accepted = true;
        var index = 0;
        foreach (var item in instance.EnumerateArray())
        {
            var schema = index < prefix.Length ? prefix[index] : rest;
            if (schema is null)
            {
                break;
            }

            seen?.Mark(index);
            if (!EvaluateItem(schema, item, index, run))
            {
                accepted = false;
                if (!run.Explains)
                {
                    return false;
                }
            }

            index++;
        }

        return accepted;
    }

    private bool EvaluateItem(SchemaNode schema, JsonElement item, int index, Evaluation run)
    {
        if (!schema.IsFalse || index < prefix.Length)
        {
            return run.Item(schema, item, index);
        }

        return run.Explains
            && run.FailAt(
                FormattableString.Invariant($"{index}"),
                "items",
                $"The item is too much; accepted are {KeywordText.Count(prefix.Length, "item", "items")}.");
    }
}
