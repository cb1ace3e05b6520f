using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class FormatKeyword(string name, Func<string, bool> accepts) : Keyword
{
    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen) =>
        instance.ValueKind != JsonValueKind.String
        || accepts(run.Text(instance))
        || run.Fail("format", $"The text does not have the accepted form, which is {name}.");
}
