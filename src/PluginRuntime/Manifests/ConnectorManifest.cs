using System.Text.Json;
using PluginRuntime.Versioning;

namespace PluginRuntime.Manifests;

/// <summary>What a connector says of itself. Read from JSON by <see cref="ManifestReader"/>, without running any of its code.</summary>
public sealed record ConnectorManifest
{
    /// <summary>The connector's id: <c>^[a-z0-9][a-z0-9._-]{0,63}$</c>.</summary>
    public required string Id { get; init; }

    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>The connector's version.</summary>
    public required SemanticVersion Version { get; init; }

    /// <summary>What it talks to. May be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>A group to list it under.</summary>
    public string Category { get; init; } = "custom";

    /// <summary>What credentials it asks for.</summary>
    public ManifestAuth Auth { get; init; } = ManifestAuth.None;

    /// <summary>JSON Schema of an instance's settings; null when it has none.</summary>
    public JsonElement? SettingsSchema { get; init; }

    /// <summary>Its operations, in the manifest's order.</summary>
    public IReadOnlyList<ManifestAction> Actions { get; init; } = [];

    /// <summary>The class to load; null for a connector that is a manifest only.</summary>
    public ManifestRuntime? Runtime { get; init; }

    /// <summary>Every file of the package but the manifest; empty when it was not exported by the build step.</summary>
    public IReadOnlyList<ManifestFile> Files { get; init; } = [];

    /// <summary>How a connector that is a manifest only reaches its HTTP API; null for others.</summary>
    public JsonElement? Http { get; init; }

    /// <summary>Which package carries out a connector that is a manifest only; null for others.</summary>
    public ManifestPackage? Package { get; init; }

    /// <summary>Whether it has no class of its own, and is carried out by a package that it names or by the connector <c>http</c>.</summary>
    internal bool IsBound => Runtime is null && (Http is not null || Package is not null);

    /// <summary>The manifest as it was read, UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Utf8 { get; init; }
}

/// <summary>What credentials a connector asks for.</summary>
/// <param name="Type">One of <see cref="Sdk.CredentialTypes"/>.</param>
/// <param name="HeaderName">The header that carries an API key; null for the default.</param>
public sealed record ManifestAuth(string Type, string? HeaderName = null)
{
    /// <summary>No credentials.</summary>
    public static ManifestAuth None { get; } = new("none");
}

/// <summary>The class to load from a package.</summary>
/// <param name="Assembly">The assembly's file name, in the package's root.</param>
/// <param name="Type">The class's full name.</param>
/// <param name="Sdk">Major and minor version of the Sdk it was built against: <c>1.0</c>.</param>
/// <param name="Framework">Its target framework: <c>net10.0</c>.</param>
public sealed record ManifestRuntime(string Assembly, string Type, string Sdk, string Framework);

/// <summary>The package whose class carries out a connector that is a manifest only.</summary>
/// <param name="Id">The package's connector id.</param>
/// <param name="Version">The versions that will do; of those that are there the highest is taken.</param>
public sealed record ManifestPackage(string Id, VersionRange Version);

/// <summary>One file of a package.</summary>
/// <param name="Path">Relative, with forward slashes, without empty, <c>.</c> or <c>..</c> segments.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
public sealed record ManifestFile(string Path, long Size, string Sha256);

/// <summary>One operation of a connector.</summary>
public sealed record ManifestAction
{
    /// <summary>The action's id, unique in its connector.</summary>
    public required string Id { get; init; }

    /// <summary>A name for people.</summary>
    public required string Name { get; init; }

    /// <summary>What it does. May be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>Whether it may run again after something was sent.</summary>
    public bool Idempotent { get; init; }

    /// <summary>The longest one attempt may take; null for the instance's own.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>JSON Schema of the input; null accepts anything.</summary>
    public JsonElement? InputSchema { get; init; }

    /// <summary>JSON Schema of the output; null accepts anything.</summary>
    public JsonElement? OutputSchema { get; init; }

    /// <summary>How a connector that is a manifest only carries it out; null for others.</summary>
    public JsonElement? Http { get; init; }
}
