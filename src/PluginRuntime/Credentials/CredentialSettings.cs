namespace PluginRuntime.Credentials;

/// <summary>A credential as it was configured, with its references resolved and everything checked.</summary>
/// <remarks>Two with the same content are equal: by that a credential is recognised after a swap or a reconnect.</remarks>
internal sealed record CredentialSettings
{
    internal static readonly CredentialSettings None = new() { Type = Sdk.CredentialTypes.None };

    internal required string Type { get; init; }

    /// <summary>The API key, the password or the bearer token.</summary>
    internal string? Secret { get; init; }

    /// <summary>For an API key: the header that the configuration names; null leaves it to the manifest.</summary>
    internal string? HeaderName { get; init; }

    internal string? Username { get; init; }

    /// <summary>When the bearer token or the configured access token ends.</summary>
    internal DateTimeOffset? ExpiresAt { get; init; }

    internal string? ClientId { get; init; }

    internal string? ClientSecret { get; init; }

    internal Uri? TokenUrl { get; init; }

    /// <summary>Scopes with a space between; null asks for none.</summary>
    internal string? Scope { get; init; }

    internal string? AccessToken { get; init; }

    internal string? RefreshToken { get; init; }

    /// <summary>Where somebody authorizes it (RFC 6749, section 4.1); null for the grants that need nobody.</summary>
    internal Uri? AuthorizationUrl { get; init; }

    /// <summary>What the authorization server calls itself (RFC 9207); null takes its name from <see cref="AuthorizationUrl"/>.</summary>
    internal string? Issuer { get; init; }

    /// <summary>What an authorization is given for: where its tokens may go. One for another place does not count.</summary>
    internal string? Place { get; init; }

    /// <summary>Whether its tokens come of an authorization, and of nothing else.</summary>
    internal bool NeedsAuthorization => AuthorizationUrl is not null;

    /// <summary>Whether somebody wrote it who runs this host: then its token server may be anywhere.</summary>
    internal bool IsTrusted { get; init; } = true;

    /// <summary>A record would print its secrets.</summary>
    public override string ToString() => Type;
}
