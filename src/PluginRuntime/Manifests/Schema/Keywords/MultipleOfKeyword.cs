using System.Text.Json;

namespace PluginRuntime.Manifests.Schema.Keywords;

internal sealed class MultipleOfKeyword(JsonElement divisor) : Keyword
{
    private readonly JsonNumber _divisor = JsonNumber.Of(divisor);

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen) =>
        instance.ValueKind != JsonValueKind.Number
        || run.Number(instance).IsMultipleOf(_divisor)
        || run.Fail("multiple-of", $"The number is not accepted; accepted are multiples of {divisor.GetRawText()}.");
}
