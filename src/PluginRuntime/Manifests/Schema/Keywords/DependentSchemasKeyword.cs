using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class DependentSchemasKeyword((string Present, SchemaNode Schema)[] dependencies) : Keyword
{
    internal override IEnumerable<SchemaNode> InPlace => dependencies.Select(dependency => dependency.Schema);

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        run.Charge((long)dependencies.Length * instance.GetPropertyCount() / 16);
        var accepted = true;
        foreach (var (present, schema) in dependencies)
        {
            if (instance.TryGetProperty(present, out _) && !schema.Evaluate(instance, run, seen))
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
