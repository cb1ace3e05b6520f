using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary><c>$dynamicRef</c> to a <c>$dynamicAnchor</c>: the outermost resource on the way here that has one of that name wins.</summary>
internal sealed class DynamicRefKeyword(string anchor, SchemaNode target) : Keyword
{
    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        var winner = target;
        for (var scope = run.Scope; scope is not null; scope = scope.Outer)
        {
            winner = scope.Resource.DynamicAnchors.GetValueOrDefault(anchor, winner);
        }

        return winner.Evaluate(instance, run, seen);
    }
}
