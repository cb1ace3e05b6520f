using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class OneOfKeyword(SchemaNode[] schemas) : Keyword
{
    internal override IEnumerable<SchemaNode> InPlace => schemas;

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        var count = 0;
        foreach (var schema in schemas)
        {
            var branch = run.Fork(seen);
            if (run.Try(schema, instance, branch))
            {
                count++;
                seen?.Add(branch!);
            }

            if (count > 1 || run.IsStopped)
            {
                break;
            }
        }

        if (count == 1)
        {
            return true;
        }

        seen?.MarkAll(); // one error is enough
        return count == 0
            ? run.Fail("one-of", $"The value is none of the accepted {KeywordText.Count(schemas.Length, "alternative", "alternatives")}.")
            : run.Fail("one-of", "The value is more than one of the alternatives; accepted is what is exactly one.");
    }
}
