using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class UnevaluatedPropertiesKeyword(SchemaNode schema) : Keyword
{
    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        var accepted = true;
        var index = 0;
        foreach (var property in instance.EnumerateObject())
        {
            if (!seen![index] && !EvaluateProperty(property, run))
            {
                accepted = false;
                if (!run.Explains)
                {
                    return false;
                }
            }

            seen.Mark(index++);
        }

        return accepted;
    }

    private bool EvaluateProperty(JsonProperty property, Evaluation run) => schema.IsFalse
        ? run.Explains && run.FailAt(property.Name, "unevaluated-properties", $"The property is not known; accepted are those that the schema describes.")
        : run.Property(schema, property);
}
