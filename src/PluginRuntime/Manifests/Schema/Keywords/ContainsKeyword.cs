using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary><c>contains</c> with <c>minContains</c> and <c>maxContains</c>.</summary>
internal sealed class ContainsKeyword(SchemaNode schema, long minimum, long maximum) : Keyword
{
    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != JsonValueKind.Array)
        {
            return true;
        }

        var count = 0L;
        var index = 0;
        foreach (var item in instance.EnumerateArray())
        {
            if (run.Try(schema, item, null))
            {
                count++;
                seen?.Mark(index);
            }

            index++;
            if (run.IsStopped || (seen is null && (count > maximum || (count >= minimum && maximum == long.MaxValue))))
            {
                break;
            }
        }

        if (count < minimum)
        {
            return run.Fail(
                minimum == 1 ? "contains" : "min-contains",
                $"Too few items are of the kind looked for; accepted is at least {KeywordText.Count(minimum, "such item", "such items")}.");
        }

        return count <= maximum
            || run.Fail(
                "max-contains",
                $"Too many items are of the kind looked for; accepted is at most {KeywordText.Count(maximum, "such item", "such items")}.");
    }
}
