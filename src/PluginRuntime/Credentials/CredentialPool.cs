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
