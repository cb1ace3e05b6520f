using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using PluginRuntime.Credentials;

namespace PluginRuntime.Management;

/// <summary>Where the definition of an instance comes from, the strongest first: on a name clash the stronger one counts.</summary>
public enum DefinitionOrigin
{
    /// <summary>The watched configuration file.</summary>
    File,

    /// <summary>The program's own configuration: appsettings, environment, command line.</summary>
    Settings,

    /// <summary>The embedding program's code.</summary>
    Code,

    /// <summary>The API: durable in the state store.</summary>
    Api,
}

/// <summary>What somebody wrote down for an instance. The configuration is as it was given; <see cref="Config"/> is what was read of it.</summary>
/// <param name="Name">The instance's name.</param>
/// <param name="Origin">Where it comes from.</param>
/// <param name="Revision">Changes when the configuration changes; opaque to clients.</param>
/// <param name="Json">The configuration as it was given: UTF-8 JSON.</param>
/// <param name="Config">What was read of it; null when it cannot be used.</param>
/// <param name="Errors">Everything wrong with its shape.</param>
/// <param name="IsTrusted">Whether it comes from a file, from code, or from an administrator.</param>
internal sealed record InstanceDefinition(
    string Name,
    DefinitionOrigin Origin,
    long Revision,
    ReadOnlyMemory<byte> Json,
    InstanceConfig? Config,
    IReadOnlyList<ValidationError> Errors,
    bool IsTrusted)
{
    /// <summary>Whether the start depends on it: also where the rest of its configuration cannot be used.</summary>
    internal bool IsRequired { get; init; }

    /// <summary>What references in it may read.</summary>
    internal ReferenceAccess Access => Origin != DefinitionOrigin.Api ? ReferenceAccess.All : IsTrusted ? ReferenceAccess.Listed : ReferenceAccess.None;

    /// <summary>The connector object of the embedding program that serves it; null when a package does.</summary>
    internal LocalConnector? Local { get; init; }

    /// <summary>Reads a definition that a file or a program's configuration makes. Its revision is a hash of what it says, of 52 bits: every JSON reader takes it as it is.</summary>
    internal static InstanceDefinition Read(string name, DefinitionOrigin origin, JsonElement json)
    {
        var utf8 = JsonMarshal.GetRawUtf8Value(json).ToArray();
        var revision = BinaryPrimitives.ReadInt64LittleEndian(SHA256.HashData(utf8)) & ((1L << 52) - 1);
        return Read(name, origin, revision, utf8, json, isTrusted: true);
    }

    /// <summary>Reads a definition that came over the API.</summary>
    internal static InstanceDefinition Read(string name, StoredDefinition stored)
    {
        using var document = JsonDocument.Parse(stored.Config);
        return Read(name, DefinitionOrigin.Api, stored.Revision, stored.Config, document.RootElement, stored.IsTrusted);
    }

    /// <summary>What it comes to on one of several hosts.</summary>
    internal InstanceDefinition On(LiveHosts hosts) =>
        Config is { Pool.ClusterSize: not null } config ? this with { Config = config with { Pool = config.Pool.Divided(hosts.Count, hosts.Rank) } } : this;

    internal bool SaysTheSameAs(InstanceDefinition other) =>
        Origin == other.Origin && IsTrusted == other.IsTrusted && Local == other.Local && Json.Span.SequenceEqual(other.Json.Span);

    private static InstanceDefinition Read(
        string name, DefinitionOrigin origin, long revision, ReadOnlyMemory<byte> utf8, JsonElement json, bool isTrusted)
    {
        var result = InstanceConfigReader.Read(json, coerce: origin == DefinitionOrigin.Settings);
        var errors = InstanceNames.Check(name, mayHaveOrg: origin == DefinitionOrigin.Api) is { } wrongName ? [wrongName, .. result.Errors] : result.Errors;
        return new(name, origin, revision, utf8, errors.Count == 0 ? result.Config : null, errors, isTrusted)
        {
            IsRequired = isTrusted && result.Config is { Required: true, Enabled: true },
        };
    }
}
