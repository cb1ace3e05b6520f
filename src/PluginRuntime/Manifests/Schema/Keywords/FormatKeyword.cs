using System.Text.Json;
using PluginRuntime.Manifests.Schema.Streaming;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class FormatKeyword(string name, Func<string, bool> accepts) : Keyword
{
    internal override bool TryStream(StreamedSchema to, Dictionary<SchemaNode, StreamedSchema> known)
    {
        to.Format = accepts;
        return true;
    }

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen) =>
        instance.ValueKind != JsonValueKind.String
        || accepts(run.Text(instance))
        || run.Fail("format", $"The text does not have the accepted form, which is {name}.");
}
