using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class UnevaluatedItemsKeyword(SchemaNode schema) : Keyword
{
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
            if (!seen![index] && !EvaluateItem(item, index, run))
            {
                accepted = false;
                if (!run.Explains)
                {
                    return false;
                }
            }

            seen.Mark(index++);
        }

        return accepted;
    }

    private bool EvaluateItem(JsonElement item, int index, Evaluation run) => schema.IsFalse
        ? run.FailAt(FormattableString.Invariant($"{index}"), "unevaluated-items", $"The item is not known; accepted are those that the schema describes.")
        : run.Item(schema, item, index);
}
