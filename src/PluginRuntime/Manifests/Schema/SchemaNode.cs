using System.Text.Json;

namespace PluginRuntime.Manifests.Schema;

/// <summary>A schema: its keywords, those that ask what the others evaluated at the end.</summary>
internal sealed class SchemaNode(string pointer, SchemaResource resource)
{
    /// <summary>Where it stands in the document.</summary>
    internal string Pointer => pointer;

    internal SchemaResource Resource => resource;

    internal Keyword[] Keywords { get; set; } = [];

    /// <summary>Whether a keyword of its own asks what was evaluated.</summary>
    internal bool AsksEvaluated { get; set; }

    /// <summary>Whether this is the schema <c>false</c>.</summary>
    internal bool IsFalse { get; set; }

    internal bool Evaluate(JsonElement instance, Evaluation run, Evaluated? outer)
    {
        if (!run.Enter())
        {
            run.Leave();
            return false;
        }

        var scope = run.Scope;
        if (resource.HasPeers && scope?.Resource != resource)
        {
            run.Scope = new DynamicScope(resource, scope);
        }

        var accepted = IsFalse ? run.Fail("false", "No value is accepted here.") : EvaluateKeywords(instance, run, outer);
        run.Scope = scope;
        run.Leave();
        return accepted && run.Abort is null;
    }

    private bool EvaluateKeywords(JsonElement instance, Evaluation run, Evaluated? outer)
    {
        // What a schema asks about is what itself and its parts evaluated, not what a neighbour did.
        var seen = AsksEvaluated ? Evaluated.For(instance) : outer;
        run.Charge(AsksEvaluated && seen is not null ? seen.Count / Evaluation.BytesPerStep : 0);
        var accepted = true;
        foreach (var keyword in Keywords)
        {
            if (!keyword.Evaluate(instance, run, seen))
            {
                accepted = false;
                if (!run.Explains)
                {
                    return false;
                }
            }
        }

        if (AsksEvaluated && outer is not null && seen is not null)
        {
            outer.Add(seen);
        }

        return accepted;
    }
}
