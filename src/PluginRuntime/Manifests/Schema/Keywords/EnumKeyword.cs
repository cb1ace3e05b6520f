using System.Text;
using System.Text.Json;
using PluginRuntime.Manifests.Schema.Streaming;

namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary><c>enum</c>, and <c>const</c> as an enumeration of one.</summary>
internal sealed class EnumKeyword(string name, JsonElement[] accepted) : Keyword
{
    private const int MaxShown = 20;

    private readonly JsonNumber[] _numbers =
        [.. accepted.Where(value => value.ValueKind == JsonValueKind.Number).Select(JsonNumber.Of)];

    private string More => accepted.Length > MaxShown ? " or another of the list" : "";

    internal override bool TryStream(StreamedSchema to, Dictionary<SchemaNode, StreamedSchema> known)
    {
        if (to.Texts is not null || !Array.TrueForAll(accepted, value => value.ValueKind == JsonValueKind.String))
        {
            return false;
        }

        to.Texts = Array.ConvertAll(accepted, value => Encoding.UTF8.GetBytes(value.GetString()!));
        return true;
    }

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        run.Charge(accepted.Length / 8);
        return (instance.ValueKind == JsonValueKind.Number ? _numbers.Contains(run.Number(instance)) : Contains(instance))
            || run.Fail(name, $"The value is not accepted; accepted is {string.Join(" or ", accepted.Take(MaxShown).Select(Show))}{More}.");
    }

    private bool Contains(JsonElement instance)
    {
        foreach (var value in accepted)
        {
            if (JsonEquality.Comparer.Equals(value, instance))
            {
                return true;
            }
        }

        return false;
    }

    private static string Show(JsonElement value) => KeywordText.Shorten(value.GetRawText());
}
