using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary><c>if</c>, <c>then</c> and <c>else</c>.</summary>
internal sealed class IfKeyword(SchemaNode condition, SchemaNode? then, SchemaNode? otherwise) : Keyword
{
    internal override IEnumerable<SchemaNode> InPlace => new[] { condition, then, otherwise }.OfType<SchemaNode>();

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        var branch = run.Fork(seen);
        var holds = run.Try(condition, instance, branch);
        if (holds)
        {
            seen?.Add(branch!);
        }

        return (holds ? then : otherwise)?.Evaluate(instance, run, seen) ?? true;
    }
}
