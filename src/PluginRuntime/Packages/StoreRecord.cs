using System.Text.Json;
using System.Text.Json.Serialization;
using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>What makes a package visible. Its file lies at <c>records/&lt;id&gt;/&lt;version&gt;-&lt;hash16&gt;.json</c>.</summary>
internal sealed record StoreRecord(string Id, string Version, string Hash, PackageOrigin Origin)
{
    /// <summary>Which source it was installed from; null for what lay in a folder.</summary>
    public PackageProvenance? Provenance { get; init; }

    public static StoreRecord Of(PackageCandidate candidate) =>
        new(candidate.Identity.Id, candidate.Identity.Version.ToString(), candidate.Identity.Hash, candidate.Origin) { Provenance = candidate.Provenance };

    public byte[] ToUtf8() => JsonSerializer.SerializeToUtf8Bytes(this, StoreRecordJson.Default.StoreRecord);

    /// <summary>Reads a record; null when it is not whole, or lies where another one belongs.</summary>
    /// <param name="path">Where it lies, which has to agree with what it says.</param>
    /// <param name="utf8">Its bytes.</param>
    public static StoreRecord? Read(string path, ReadOnlySpan<byte> utf8)
    {
        try
        {
            var record = JsonSerializer.Deserialize(utf8, StoreRecordJson.Default.StoreRecord);
            return record is { Id: not null, Version: not null, Hash.Length: 64 }
                && record.Id == Path.GetFileName(Path.GetDirectoryName(path))
                && $"{record.Version}-{record.Hash[..16]}.json" == Path.GetFileName(path)
                ? record
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>The record's JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoreRecord))]
internal sealed partial class StoreRecordJson : JsonSerializerContext;
