using System.Globalization;
using System.Text;
using PluginRuntime.Sdk;

namespace PluginRuntime.Credentials;

/// <summary>What a generation authenticates with. Of OAuth tokens it holds a share; all else is fixed.</summary>
internal sealed class InstanceCredential : IConnectorCredentials
{
    private const string Authorization = "Authorization";

    private readonly CredentialSettings _settings;
    private readonly string _headerName;
    private readonly OAuthTokens? _tokens;
    private readonly Secret? _secret;
    private readonly TimeProvider _timeProvider;

    /// <param name="settings">What was configured.</param>
    /// <param name="headerName">The header that the manifest names for an API key; null when it names none.</param>
    /// <param name="tokens">The tokens, for OAuth.</param>
    /// <param name="timeProvider">The clock.</param>
    internal InstanceCredential(CredentialSettings settings, string? headerName, OAuthTokens? tokens, TimeProvider timeProvider)
    {
        _settings = settings;
        _tokens = tokens;
        _timeProvider = timeProvider;
        _secret = settings.Secret is { } text ? new(text) : null;
        _headerName = settings.Type == CredentialTypes.ApiKey ? settings.HeaderName ?? headerName ?? Manifests.HeaderName.Default : Authorization;
    }

    /// <summary>Says where it may go; null for one that may go anywhere.</summary>
    internal CredentialGuard? Guard { get; init; }

    /// <summary>The credential of a generation that has none.</summary>
    internal static InstanceCredential None { get; } = new(CredentialSettings.None, null, null, TimeProvider.System);

    public string Type => _settings.Type;

    public string? Username => _settings.Username;

    public DateTimeOffset? ExpiresAt => _tokens is null ? _settings.ExpiresAt : _tokens.ExpiresAt;

    public bool IsExpired => ExpiresAt <= _timeProvider.GetUtcNow();

    /// <summary>Tells one token from the next; never changes where there is no next one.</summary>
    internal long Version => _tokens?.Version ?? 0;

    /// <summary>Completes when no token is being fetched.</summary>
    internal Task Landed => _tokens?.Landed ?? Task.CompletedTask;

    /// <summary>Drops the token of a version after the outside system has refused it; a newer one stays.</summary>
    /// <param name="version">What <see cref="Version"/> was before the attempt.</param>
    /// <returns>Whether a further try may have another token.</returns>
    internal bool TryDrop(long version) => _tokens?.TryDrop(version) ?? false;

    /// <summary>Everything secret that the outside system or a token server gets, as it is at the moment and in the form that a header carries.</summary>
    internal IEnumerable<string> Secrets()
    {
        foreach (var secret in new[] { _settings.Secret, _settings.ClientSecret, _settings.AccessToken, _settings.RefreshToken })
        {
            if (secret is not null)
            {
                yield return secret;
            }
        }

        if (_secret is not null && Type == CredentialTypes.Basic)
        {
            yield return Pair(_secret);
        }

        foreach (var secret in _tokens?.Known() ?? [])
        {
            yield return secret;
        }
    }

    public ValueTask<Secret?> GetSecretAsync(CancellationToken cancellationToken)
    {
        Guard?.CheckSecret();
        return OpenAsync(cancellationToken);
    }

    public ValueTask<CredentialHeader?> GetHeaderAsync(CancellationToken cancellationToken)
    {
        Guard?.CheckSecret();
        return OpenHeaderAsync(cancellationToken);
    }

    public async ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Guard?.CheckRequest(request.RequestUri);
        if (await OpenHeaderAsync(cancellationToken).ConfigureAwait(false) is { } header)
        {
            request.Headers.Remove(header.Name);
            request.Headers.TryAddWithoutValidation(header.Name, header.Value.Reveal());
        }
    }

    private async ValueTask<Secret?> OpenAsync(CancellationToken cancellationToken)
    {
        if (_tokens is not null)
        {
            return await _tokens.GetAsync(cancellationToken).ConfigureAwait(false);
        }

        // Not sent where the outside system could only refuse it.
        return IsExpired
            ? throw new ConnectorException(
                ConnectorErrorKind.Auth,
                string.Create(CultureInfo.InvariantCulture, $"The credential's token expired at {ExpiresAt:yyyy-MM-dd'T'HH:mm:ss'Z'}. The instance needs a new one."),
                wasSent: false)
            : _secret;
    }

    private async ValueTask<CredentialHeader?> OpenHeaderAsync(CancellationToken cancellationToken)
    {
        var secret = await OpenAsync(cancellationToken).ConfigureAwait(false);
        return secret is null ? null : new CredentialHeader(_headerName, Value(secret));
    }

    private string Pair(Secret secret) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Username}:{secret.Reveal()}"));

    private Secret Value(Secret secret) => Type switch
    {
        CredentialTypes.ApiKey => secret,
        CredentialTypes.Basic => new("Basic " + Pair(secret)),
        _ => new("Bearer " + secret.Reveal()),
    };
}
