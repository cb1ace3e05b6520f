using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

/// <summary>A key in a header of any name.</summary>
internal sealed class KeyCredentials(string name, string value) : IConnectorCredentials
{
    internal int Asked { get; private set; }

    public string Type => CredentialTypes.ApiKey;

    public string? Username => null;

    public DateTimeOffset? ExpiresAt => null;

    public bool IsExpired => false;

    public ValueTask<Secret?> GetSecretAsync(CancellationToken cancellationToken) => new(new Secret(value));

    public ValueTask<CredentialHeader?> GetHeaderAsync(CancellationToken cancellationToken) => new(new CredentialHeader(name, new(value)));

    public ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Asked++;
        request.Headers.Remove(name);
        request.Headers.TryAddWithoutValidation(name, value);
        return default;
    }
}
