using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class AllOfKeyword(SchemaNode[] schemas) : Keyword
{
    internal override IEnumerable<SchemaNode> InPlace => schemas;

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        var accepted = true;
        foreach (var schema in schemas)
        {
            if (!schema.Evaluate(instance, run, seen))
            {
                accepted = false;
                if (!run.Explains)
                {
                    return false;
                }
            }
        }

        return accepted;
    }
}
