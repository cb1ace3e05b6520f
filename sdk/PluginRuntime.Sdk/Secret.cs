using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Sdk;

/// <summary>A text that must not be shown: whatever prints, logs or serializes it gets <c>***</c>.</summary>
/// <remarks>Two secrets are equal when they are the same object: comparing their texts would tell how they begin.</remarks>
[JsonConverter(typeof(Hidden))]
[DebuggerDisplay("***")]
public sealed class Secret
{
    private const string Shown = "***";

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly string _value;

    /// <param name="value">The text.</param>
    public Secret(string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        _value = value;
    }

    /// <summary>The text itself, for the one place that needs it. Neither log it nor put it into an exception.</summary>
    public string Reveal() => _value;

    /// <returns><c>***</c>, always.</returns>
    public override string ToString() => Shown;

    private sealed class Hidden : JsonConverter<Secret>
    {
        public override Secret Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new JsonException("A secret is not read from JSON: what was written of it is not the secret.");

        public override void Write(Utf8JsonWriter writer, Secret value, JsonSerializerOptions options) => writer.WriteStringValue(Shown);
    }
}
