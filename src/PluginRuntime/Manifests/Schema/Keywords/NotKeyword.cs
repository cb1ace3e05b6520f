using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class NotKeyword(SchemaNode schema) : Keyword
{
    internal override IEnumerable<SchemaNode> InPlace => [schema];

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen) =>
        !run.Try(schema, instance, null) || run.Fail("not", "The value is of the kind that the schema excludes.");
}
