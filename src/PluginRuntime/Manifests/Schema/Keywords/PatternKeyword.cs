using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class PatternKeyword(string text, SchemaPattern pattern) : Keyword
{
    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen) =>
        instance.ValueKind != JsonValueKind.String
        || run.Matches(pattern, run.Text(instance))
        || run.Fail("pattern", $"The text does not have the accepted form, which is the pattern {KeywordText.Shorten(text)}.");
}
