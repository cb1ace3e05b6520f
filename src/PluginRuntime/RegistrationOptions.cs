namespace PluginRuntime;

/// <summary>How a connector object of the embedding program is registered.</summary>
public sealed record RegistrationOptions
{
    /// <summary>The instance it serves. Default: the connector's id.</summary>
    public string? Instance { get; init; }

    /// <summary>The connector's id. Default: what its <see cref="Sdk.ConnectorAttribute"/> says.</summary>
    public string? Id { get; init; }

    /// <summary>Its version, SemVer. Default: 1.0.0.</summary>
    public string Version { get; init; } = "1.0.0";

    /// <summary>The instance's configuration without <c>connector</c> and <c>version</c>, as JSON text. Default: <c>{}</c>.</summary>
    public string Config { get; init; } = "{}";
}
