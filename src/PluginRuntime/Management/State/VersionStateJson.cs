using System.Text.Json;
using System.Text.Json.Serialization;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>Stored state as JSON, the same in every store.</summary>
public static class VersionStateJson
{
    /// <summary>UTF-8 JSON of a decision about versions.</summary>
    public static byte[] Write(VersionState state) => JsonSerializer.SerializeToUtf8Bytes(state, StateJsonContext.Default.VersionState);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static VersionState Read(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize(utf8, StateJsonContext.Default.VersionState) ?? throw new JsonException("The stored state is null.");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(SemanticVersionConverter)])]
[JsonSerializable(typeof(VersionState))]
[JsonSerializable(typeof(Dictionary<string, FileStateStore.InstanceFile>))]
[JsonSerializable(typeof(FileStateStore.InstanceFile))]
[JsonSerializable(typeof(FileStateStore.CredentialFile))]
internal sealed partial class StateJsonContext : JsonSerializerContext;

internal sealed class SemanticVersionConverter : JsonConverter<SemanticVersion>
{
    public override SemanticVersion Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        SemanticVersion.TryParse(reader.GetString(), out var version) ? version : throw new JsonException("A stored version is no SemVer version.");

    public override void Write(Utf8JsonWriter writer, SemanticVersion value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
