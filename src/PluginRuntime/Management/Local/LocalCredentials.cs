using PluginRuntime.Sdk;

namespace PluginRuntime.Management;

/// <summary>What a connector object of the embedding program authenticates with: always what its newest generation has, since the object is initialised once.</summary>
internal sealed class LocalCredentials : IConnectorCredentials
{
    private volatile IConnectorCredentials _current = NoCredentials.Instance;

    internal IConnectorCredentials Current
    {
        set => _current = value;
    }

    public string Type => _current.Type;

    public string? Username => _current.Username;

    public DateTimeOffset? ExpiresAt => _current.ExpiresAt;

    public bool IsExpired => _current.IsExpired;

    public ValueTask<Secret?> GetSecretAsync(CancellationToken cancellationToken) => _current.GetSecretAsync(cancellationToken);

    public ValueTask<CredentialHeader?> GetHeaderAsync(CancellationToken cancellationToken) => _current.GetHeaderAsync(cancellationToken);

    public ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken) => _current.AuthorizeAsync(request, cancellationToken);
}
