namespace PluginRuntime.Sdk;

/// <summary>What an instance authenticates with. The host reads, keeps and refreshes it; a connector asks for it whenever it needs it.</summary>
/// <remarks>
/// Ask per attempt rather than keep: an OAuth access token changes. When the outside system refuses the credential, throw a
/// <see cref="ConnectorException"/> of kind <see cref="ConnectorErrorKind.Auth"/> with <c>wasSent: false</c>: the host then drops the token
/// that the attempt used and, where a new one can be had, tries once more. With <c>wasSent: true</c>, as for what the token's owner may not
/// do, it does neither.
/// </remarks>
public interface IConnectorCredentials
{
    /// <summary>One of <see cref="CredentialTypes"/>.</summary>
    string Type { get; }

    /// <summary>The user name, for <see cref="CredentialTypes.Basic"/>; null for the others.</summary>
    string? Username { get; }

    /// <summary>When the token ends, UTC; null when it does not, or the type has none.</summary>
    DateTimeOffset? ExpiresAt { get; }

    /// <summary>Whether the token's end has passed.</summary>
    bool IsExpired { get; }

    /// <summary>
    /// The password, the API key, the bearer token, or a current OAuth access token, which may be fetched first.
    /// Null for <see cref="CredentialTypes.None"/>.
    /// </summary>
    /// <exception cref="ConnectorException">No token can be had; let it pass.</exception>
    ValueTask<Secret?> GetSecretAsync(CancellationToken cancellationToken);

    /// <summary>The header that carries the credential; null for <see cref="CredentialTypes.None"/>.</summary>
    /// <exception cref="ConnectorException">No token can be had; let it pass.</exception>
    ValueTask<CredentialHeader?> GetHeaderAsync(CancellationToken cancellationToken);

    /// <summary>Puts the header on a request. What the request carries under that name is replaced.</summary>
    /// <remarks>Do this only for requests to the outside system that the credential is for: never for another origin.</remarks>
    /// <exception cref="ConnectorException">No token can be had; let it pass.</exception>
    ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken);
}
