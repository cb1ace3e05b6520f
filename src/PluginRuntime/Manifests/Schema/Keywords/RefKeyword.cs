using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class RefKeyword(SchemaNode target) : Keyword
{
    internal SchemaNode Target => target;

    internal override IEnumerable<SchemaNode> InPlace => [target];

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen) => target.Evaluate(instance, run, seen);
}
