using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace PluginRuntime.Credentials;

/// <summary>
/// The refresh tokens that token servers have put in the place of configured ones and, where hosts share them, the access tokens. They count as
/// long as the configuration names the same token, client and server; an operator who changes it wins. A store that fails stops no call: it
/// is tried again.
/// </summary>
/// <param name="store">Where they are kept.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Told of what cannot be saved.</param>
internal sealed class RefreshTokens(ITokenStore store, TimeProvider timeProvider, ILogger logger) : IDisposable
{
    private const int SaltBytes = 32;

    /// <summary>How many are kept under a key: a configuration that is tried, or that takes over, has another one than what runs.</summary>
    private const int KeptAKey = 4;

    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _retryDelay = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _saving = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();

    // Guarded by _lock.
    private readonly Dictionary<string, StoredToken[]> _tokens = new(StringComparer.Ordinal);

    // Guarded by _lock: what is kept here and not in the store yet.
    private readonly HashSet<string> _unsaved = new(StringComparer.Ordinal);

    private long _changes;

    /// <summary>Counts what came from elsewhere than refreshing: as long as it stays, so does every authorization.</summary>
    internal long Changes => Volatile.Read(ref _changes);

    /// <summary>Takes over what was stored, by this host before it started, or by another one. What is not saved yet stays.</summary>
    internal void Load(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> stored)
    {
        lock (_lock)
        {
            foreach (var (key, utf8) in stored)
            {
                if (_unsaved.Contains(key))
                {
                    continue;
                }

                if (Read(utf8) is { } tokens)
                {
                    _tokens[key] = tokens;
                }
                else
                {
                    logger.TokenUnreadable(key);
                }

                _changes++;
            }
        }
    }

    /// <summary>The token to use in the place of the configured one; null when that one counts.</summary>
    internal string? Find(string key, CredentialSettings settings) => FindToken(key, settings)?.RefreshToken;

    /// <summary>The access token that a host was granted last; null when none is known, or it has expired.</summary>
    internal GrantedToken? FindGranted(string key, CredentialSettings settings)
    {
        var now = timeProvider.GetUtcNow();
        return FindToken(key, settings) is { AccessToken: { } value } token && !(token.ExpiresAt <= now) ? new(value, token.ExpiresAt - now, null) : null;
    }

    /// <summary>The authorization that counts; null when there is none.</summary>
    internal Authorization? FindAuthorization(string key, CredentialSettings settings) => FindToken(key, settings) is { AuthorizedAt: { } at, AuthorizationId: { } id } token
        ? new(id, at, token.Scopes, token.IsRefused) { ExpiresAt = token.RefreshToken is null ? token.ExpiresAt : null }
        : null;

    /// <summary>Puts an authorization in the place of what was there, once it is saved.</summary>
    /// <exception cref="PluginRuntimeException">It could not be saved: what was there stays.</exception>
    internal async Task AuthorizeAsync(string key, CredentialSettings settings, Authorization authorization, string? refreshToken, AccessTokenEnd granted)
    {
        var made = Make(settings, refreshToken, granted, authorization);
        await _saving.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            StoredToken[] tokens;
            lock (_lock)
            {
                tokens = WithOthers_NeedsLock(key, settings, made);
            }

            await store.SaveAsync(key, Write(tokens), known: null).ConfigureAwait(false);
            lock (_lock)
            {
                // What a refresh has kept in between was granted for what is no more.
                _tokens[key] = tokens;
                _unsaved.Remove(key);
                _changes++;
            }
        }
        finally
        {
            _saving.Release();
        }
    }

    /// <summary>Remembers tokens, at once, and saves them: returns when that has ended, well or badly, or takes long. It goes on by itself until it is done.</summary>
    /// <param name="key">Whose they are.</param>
    /// <param name="settings">The credential.</param>
    /// <param name="refreshToken">The refresh token to use from now on; null leaves the configured one.</param>
    /// <param name="granted">The access token with its end, for the other hosts; null where there are none.</param>
    /// <param name="known">The revision that they are based on; null for any.</param>
    /// <param name="basis">The authorization that they come of; null where there is none.</param>
    /// <returns>False when another host, or an authorization, has brought others since: those stay.</returns>
    internal async Task<bool> KeepAsync(
        string key, CredentialSettings settings, string? refreshToken, AccessTokenEnd? granted, long? known, Authorization? basis = null)
    {
        var made = Make(settings, refreshToken, granted, basis);
        StoredToken[] tokens;
        lock (_lock)
        {
            if (basis is not null && Array.Find(_tokens.GetValueOrDefault(key) ?? [], token => IsOf(token, settings))?.AuthorizationId != basis.Id)
            {
                return false;
            }

            _tokens[key] = tokens = WithOthers_NeedsLock(key, settings, made);
            _unsaved.Add(key);
        }

        var saving = TrySaveAsync(key, tokens, known);
        try
        {
            await saving.WaitAsync(_longestWait, timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It goes on by itself.
        }

        _ = RetryAsync(key, tokens, known, saving);
        return !saving.IsCompletedSuccessfully || saving.Result is not false;
    }

    /// <summary>Forgets what was kept under a key, also in the store.</summary>
    /// <exception cref="PluginRuntimeException">The store failed.</exception>
    internal async Task ForgetAsync(string key)
    {
        bool wasThere;
        lock (_lock)
        {
            wasThere = _tokens.Remove(key);
            _unsaved.Remove(key);
            _changes++;
        }

        if (wasThere)
        {
            await SaveAsync(key, null, known: null).ConfigureAwait(false);
        }
    }

    public void Dispose() => _stopping.Cancel();

    private static StoredToken Make(CredentialSettings settings, string? refreshToken, AccessTokenEnd? granted, Authorization? authorization)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new(salt, Fingerprint(salt, settings), refreshToken)
        {
            AccessToken = granted?.Value,
            ExpiresAt = granted?.ExpiresAt,
            AuthorizationId = authorization?.Id,
            AuthorizedAt = authorization?.At,
            Scopes = authorization?.Scopes,
            IsRefused = authorization is { IsRefused: true },
        };
    }

    private StoredToken[] WithOthers_NeedsLock(string key, CredentialSettings settings, StoredToken made) =>
        [made, .. (_tokens.GetValueOrDefault(key) ?? []).Where(token => !IsOf(token, settings)).Take(KeptAKey - 1)];

    private StoredToken? FindToken(string key, CredentialSettings settings)
    {
        StoredToken[] tokens;
        lock (_lock)
        {
            tokens = _tokens.GetValueOrDefault(key) ?? [];
        }

        return Array.Find(tokens, token => IsOf(token, settings));
    }

    /// <returns>Whether it is kept, or another host's is; null when the store failed.</returns>
    private async Task<bool?> TrySaveAsync(string key, StoredToken[] tokens, long? known)
    {
        try
        {
            var isKept = await SaveAsync(key, tokens, known).ConfigureAwait(false);
            var isCurrent = false;
            lock (_lock)
            {
                if (_tokens.GetValueOrDefault(key) == tokens)
                {
                    isCurrent = _unsaved.Remove(key);
                }
            }

            if (!isKept && isCurrent)
            {
                await ReloadAsync(key).ConfigureAwait(false);
            }

            return isKept;
        }
        catch (Exception exception)
        {
            logger.TokenNotSaved(key, exception.Message);
            return null;
        }
    }

    /// <summary>Does not fail.</summary>
    private async Task RetryAsync(string key, StoredToken[] tokens, long? known, Task<bool?> saving)
    {
        while (await saving.ConfigureAwait(false) is null)
        {
            await Task.Delay(_retryDelay, timeProvider, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            saving = TrySaveAsync(key, tokens, known);
        }
    }

    private async Task<bool> SaveAsync(string key, StoredToken[]? tokens, long? known)
    {
        await _saving.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            // Meets a newer one that was kept, or a removal, while this one waited: theirs is the last word.
            if (tokens is not null && !IsCurrent(key, tokens))
            {
                return true;
            }

            if (tokens is [{ AuthorizationId: { } id }, ..] && known is null && store.IsShared)
            {
                // While the store was away another host may have authorized it anew, or somebody deleted it.
                var (stored, revision) = await store.ReadAsync(key).ConfigureAwait(false);
                if (stored is not { } utf8 || Read(utf8)?.Any(token => token.AuthorizationId == id) != true)
                {
                    return false;
                }

                known = revision;
            }

            // Said in full: a bare null would become an empty text.
            ReadOnlyMemory<byte>? content = tokens is null ? default(ReadOnlyMemory<byte>?) : Write(tokens);
            return await store.SaveAsync(key, content, known).ConfigureAwait(false);
        }
        finally
        {
            _saving.Release();
        }
    }

    /// <summary>Takes over what another host has kept.</summary>
    private async Task ReloadAsync(string key)
    {
        var (stored, _) = await store.ReadAsync(key).ConfigureAwait(false);
        if (stored is { } utf8)
        {
            Load([new(key, utf8)]);
            return;
        }

        lock (_lock)
        {
            _tokens.Remove(key);
        }
    }

    private bool IsCurrent(string key, StoredToken[] tokens)
    {
        lock (_lock)
        {
            return _tokens.GetValueOrDefault(key) == tokens;
        }
    }

    private static bool IsOf(StoredToken token, CredentialSettings settings) =>
        CryptographicOperations.FixedTimeEquals(token.Fingerprint, Fingerprint(token.Salt, settings));

    // Keyed by a salt of its own, so that a store that is not sealed gives away no hash that can be looked up.
    private static byte[] Fingerprint(byte[] salt, CredentialSettings settings) =>
        HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes($"{settings.TokenUrl?.AbsoluteUri}\n{settings.ClientId}\n{settings.RefreshToken}{AuthorizedFor(settings)}"));

    private static string AuthorizedFor(CredentialSettings settings) =>
        settings.AuthorizationUrl is { } url ? $"\n{url.AbsoluteUri}\n{settings.Place}" : "";

    private static ReadOnlyMemory<byte> Write(StoredToken[] tokens) => JsonSerializer.SerializeToUtf8Bytes(tokens, StoredTokenJson.Default.StoredTokenArray);

    private static StoredToken[]? Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            // Before there were several, one was kept, as an object.
            return utf8.Span.TrimStart((byte)' ') is [(byte)'{', ..]
                ? JsonSerializer.Deserialize(utf8.Span, StoredTokenJson.Default.StoredToken) is { } one ? [one] : null
                : JsonSerializer.Deserialize(utf8.Span, StoredTokenJson.Default.StoredTokenArray);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal sealed class StoredToken(byte[] salt, byte[] fingerprint, string? refreshToken)
    {
        public byte[] Salt { get; } = salt;

        public byte[] Fingerprint { get; } = fingerprint;

        public string? RefreshToken { get; } = refreshToken;

        public string? AccessToken { get; init; }

        public DateTimeOffset? ExpiresAt { get; init; }

        public string? AuthorizationId { get; init; }

        public DateTimeOffset? AuthorizedAt { get; init; }

        public string? Scopes { get; init; }

        public bool IsRefused { get; init; }
    }
}

/// <summary>An access token, and when it ends.</summary>
/// <param name="Value">The token.</param>
/// <param name="ExpiresAt">Its end; null when none is known.</param>
internal readonly record struct AccessTokenEnd(string Value, DateTimeOffset? ExpiresAt)
{
    /// <summary>A record would print its secrets.</summary>
    public override string ToString() => nameof(AccessTokenEnd);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RefreshTokens.StoredToken))]
[JsonSerializable(typeof(RefreshTokens.StoredToken[]))]
internal sealed partial class StoredTokenJson : JsonSerializerContext;
