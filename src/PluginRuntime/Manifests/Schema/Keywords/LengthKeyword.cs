using System.Runtime.InteropServices;
using System.Text.Json;
using PluginRuntime.Manifests.Schema.Streaming;

namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary><c>minLength</c> and <c>maxLength</c>, in characters: a surrogate pair is one.</summary>
internal sealed class LengthKeyword(long minimum, long maximum) : Keyword
{
    internal override bool TryStream(StreamedSchema to, Dictionary<SchemaNode, StreamedSchema> known)
    {
        to.Length = (minimum, maximum);
        return true;
    }

    internal override bool Evaluate(JsonElement instance, Evaluation run, Evaluated? seen)
    {
        if (instance.ValueKind != JsonValueKind.String)
        {
            return true;
        }

        var length = Length(instance, run);
        if (length < minimum)
        {
            return run.Fail("min-length", $"The text is too short; accepted is at least {KeywordText.Count(minimum, "character", "characters")}.");
        }

        return length <= maximum
            || run.Fail("max-length", $"The text is too long; accepted is at most {KeywordText.Count(maximum, "character", "characters")}.");
    }

    private static int Length(JsonElement instance, Evaluation run)
    {
        var raw = JsonMarshal.GetRawUtf8Value(instance)[1..^1];
        run.Charge(raw.Length / Evaluation.BytesPerStep);
        if (raw.Contains((byte)'\\'))
        {
            var text = instance.GetString()!;
            return text.Length - text.Count(char.IsLowSurrogate);
        }

        return Count(raw);
    }

    /// <summary>The characters of UTF-8 without escapes.</summary>
    internal static int Count(ReadOnlySpan<byte> utf8)
    {
        var length = 0;
        foreach (var unit in utf8)
        {
            length += (unit & 0xC0) == 0x80 ? 0 : 1;
        }

        return length;
    }
}
