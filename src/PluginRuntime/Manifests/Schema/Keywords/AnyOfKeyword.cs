using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class AnyOfKeyword(SchemaNode[] schemas) : Keyword
{
    internal override IEnumerable<SchemaNode> InPlace => schemas;

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        var accepted = false;
        foreach (var schema in schemas)
        {
            var branch = run.Fork(seen);
            if (!run.Try(schema, instance, branch))
            {
                continue;
            }

            accepted = true;
            if (seen is null)
            {
                return true;
            }

            // Every branch that accepts counts for what was evaluated, so go on.
            seen.Add(branch!);
        }

        if (accepted)
        {
            return true;
        }

        seen?.MarkAll(); // one error is enough: do not also report as unevaluated what no branch could claim
        return run.Fail("any-of", $"The value is none of the accepted {KeywordText.Count(schemas.Length, "alternative", "alternatives")}.");
    }
}
