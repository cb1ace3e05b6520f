using System.Text.Json;
using System.Text.Json.Serialization;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Management;

/// <summary>Stored events as JSON, the same in every store.</summary>
public static class EventJson
{
    /// <summary>UTF-8 JSON of an event, without a line break.</summary>
    public static byte[] Write(RuntimeEvent runtimeEvent) => JsonSerializer.SerializeToUtf8Bytes(runtimeEvent, EventJsonContext.Default.RuntimeEvent);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static RuntimeEvent Read(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize(utf8, EventJsonContext.Default.RuntimeEvent) ?? throw new JsonException("The stored event is null.");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RuntimeEvent))]
internal sealed partial class EventJsonContext : JsonSerializerContext;
