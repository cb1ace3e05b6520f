using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class PropertyNamesKeyword(SchemaNode schema) : Keyword
{
    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        var accepted = true;
        foreach (var property in instance.EnumerateObject())
        {
            var name = JsonSerializer.SerializeToElement(property.Name, NameJson.Default.String);
            if (!run.Try(schema, name, null))
            {
                accepted = run.FailAt(property.Name, "property-names", $"The property's name is not one that the schema accepts.");
                if (!run.Explains)
                {
                    return false;
                }
            }
        }

        return accepted;
    }
}
