namespace PluginRuntime.Sdk;

/// <summary>The credentials of an instance that has none.</summary>
public sealed class NoCredentials : IConnectorCredentials
{
    private NoCredentials()
    {
    }

    /// <summary>The one there is.</summary>
    public static NoCredentials Instance { get; } = new();

    /// <inheritdoc />
    public string Type => CredentialTypes.None;

    /// <inheritdoc />
    public string? Username => null;

    /// <inheritdoc />
    public DateTimeOffset? ExpiresAt => null;

    /// <inheritdoc />
    public bool IsExpired => false;

    /// <inheritdoc />
    public ValueTask<Secret?> GetSecretAsync(CancellationToken cancellationToken) => default;

    /// <inheritdoc />
    public ValueTask<CredentialHeader?> GetHeaderAsync(CancellationToken cancellationToken) => default;

    /// <inheritdoc />
    public ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken) => default;
}
