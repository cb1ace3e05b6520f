namespace PluginRuntime.Credentials;

/// <summary>
/// Hands out credentials, so that all who have the same one share its tokens: the generations of an instance that follow one another, and
/// the instances that name the same one.
/// </summary>
internal sealed class CredentialPool(CredentialServices services)
{
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<string, OAuthTokens> _tokens = new(StringComparer.Ordinal);

    /// <param name="subject">Whose it is.</param>
    /// <param name="settings">What was configured.</param>
    /// <param name="headerName">The header that the manifest names for an API key; null when it names none.</param>
    /// <param name="guard">Says where it may go; null for anywhere.</param>
    internal InstanceCredential Get(CredentialSubject subject, CredentialSettings settings, string? headerName, CredentialGuard? guard)
    {
        var tokens = settings.Type == Sdk.CredentialTypes.OAuth ? Tokens(subject, settings) : null;
        return new(settings, headerName, tokens, services.TimeProvider) { Guard = guard };
    }

    /// <summary>The authorization of a credential that counts; null when there is none.</summary>
    internal Authorization? FindAuthorization(CredentialSubject subject, CredentialSettings settings) =>
        services.RefreshTokens.FindAuthorization(subject.Key, settings);

    /// <summary>Redeems an authorization code; all who share the credential go on with what it brings.</summary>
    /// <exception cref="PluginRuntimeException">The tokens could not be saved: what was there stays.</exception>
    internal Task<(Authorization? Authorization, TokenFailure? Failure)> AuthorizeAsync(CredentialSubject subject, CredentialSettings settings, AuthorizationCode code) =>
        services.Tokens.AuthorizeAsync(subject.Key, settings, code);

    /// <summary>Forgets the credential of something that is no more, with what was stored of it.</summary>
    /// <exception cref="PluginRuntimeException">The store failed.</exception>
    internal Task ForgetAsync(CredentialSubject subject)
    {
        lock (_lock)
        {
            _tokens.Remove(subject.Key);
        }

        return services.RefreshTokens.ForgetAsync(subject.Key);
    }

    private OAuthTokens Tokens(CredentialSubject subject, CredentialSettings settings)
    {
        lock (_lock)
        {
            if (!_tokens.TryGetValue(subject.Key, out var tokens) || tokens.Settings != settings)
            {
                _tokens[subject.Key] = tokens = new(settings, subject, services);
            }

            return tokens;
        }
    }
}
