using System.Text.Json;
using PluginRuntime.Manifests.Schema.Streaming;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class RequiredKeyword(string[] names) : Keyword
{
    internal override bool TryStream(StreamedSchema to, Dictionary<SchemaNode, StreamedSchema> known) => to.TryRequire(names);

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != JsonValueKind.Object)
        {
            return true;
        }

        run.Charge((long)names.Length * instance.GetPropertyCount() / 16);
        var accepted = true;
        foreach (var name in names)
        {
            if (!run.IsStopped && !instance.TryGetProperty(name, out _))
            {
                accepted = run.FailAt(name, "required", $"The property {KeywordText.Shorten(name)} is missing; accepted is an object that has it.");
            }
        }

        return accepted;
    }
}
