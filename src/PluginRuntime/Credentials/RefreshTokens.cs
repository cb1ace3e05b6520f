using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;

namespace PluginRuntime.Credentials;

/// <summary>
/// The refresh tokens that token servers have put in the place of configured ones. They count as long as the configuration names the
/// same token, client and server; an operator who changes it wins. A store that fails stops no call: it is tried again.
/// </summary>
/// <param name="save">Saves under a key, or deletes (null). It is given what is to be sealed.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Told of what cannot be saved.</param>
internal sealed class RefreshTokens(
    Func<string, ReadOnlyMemory<byte>?, CancellationToken, Task> save, TimeProvider timeProvider, ILogger logger) : IDisposable
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

    /// <summary>Takes over what was stored. Called once, first.</summary>
    internal void Load(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> stored)
    {
        lock (_lock)
        {
            foreach (var (key, utf8) in stored)
            {
                if (Read(utf8) is { } tokens)
                {
                    _tokens[key] = tokens;
                }
                else
                {
                    logger.TokenUnreadable(key);
                }
            }
        }
    }

    /// <summary>The token to use in the place of the configured one; null when that one counts.</summary>
    internal string? Find(string key, CredentialSettings settings)
    {
        StoredToken[] tokens;
        lock (_lock)
        {
            tokens = _tokens.GetValueOrDefault(key) ?? [];
        }

        return Array.Find(tokens, token => IsOf(token, settings))?.RefreshToken;
    }

    /// <summary>Remembers a token, at once, and saves it: returns when that has ended, well or badly, or takes long. It goes on by itself until it is done.</summary>
    internal async Task KeepAsync(string key, CredentialSettings settings, string refreshToken)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        StoredToken[] tokens;
        lock (_lock)
        {
            var others = (_tokens.GetValueOrDefault(key) ?? []).Where(token => !IsOf(token, settings)).Take(KeptAKey - 1);
            _tokens[key] = tokens = [new(salt, Fingerprint(salt, settings), refreshToken), .. others];
        }

        var saving = TrySaveAsync(key, tokens);
        try
        {
            await saving.WaitAsync(_longestWait, timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It goes on by itself.
        }

        _ = RetryAsync(key, tokens, saving);
    }

    /// <summary>Forgets what was kept under a key, also in the store.</summary>
    /// <exception cref="PluginRuntimeException">The store failed.</exception>
    internal async Task ForgetAsync(string key)
    {
        bool wasThere;
        lock (_lock)
        {
            wasThere = _tokens.Remove(key);
        }

        if (wasThere)
        {
            await SaveAsync(key, null).ConfigureAwait(false);
        }
    }

    public void Dispose() => _stopping.Cancel();

    private async Task<bool> TrySaveAsync(string key, StoredToken[] tokens)
    {
        try
        {
            await SaveAsync(key, tokens).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            logger.TokenNotSaved(key, exception.Message);
            return false;
        }
    }

    /// <summary>Does not fail.</summary>
    private async Task RetryAsync(string key, StoredToken[] tokens, Task<bool> saving)
    {
        while (!await saving.ConfigureAwait(false))
        {
            await Task.Delay(_retryDelay, timeProvider, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            saving = TrySaveAsync(key, tokens);
        }
    }

    private async Task SaveAsync(string key, StoredToken[]? tokens)
    {
        await _saving.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            // Meets a newer one that was kept, or a removal, while this one waited: theirs is the last word.
            if (tokens is null || IsCurrent(key, tokens))
            {
                // Said in full: a bare null would become an empty text.
                ReadOnlyMemory<byte>? content = tokens is null ? default(ReadOnlyMemory<byte>?) : Write(tokens);
                await save(key, content, CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            _saving.Release();
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
        HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes($"{settings.TokenUrl?.AbsoluteUri}\n{settings.ClientId}\n{settings.RefreshToken}"));

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

    internal sealed class StoredToken(byte[] salt, byte[] fingerprint, string refreshToken)
    {
        public byte[] Salt { get; } = salt;

        public byte[] Fingerprint { get; } = fingerprint;

        public string RefreshToken { get; } = refreshToken;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(RefreshTokens.StoredToken))]
[JsonSerializable(typeof(RefreshTokens.StoredToken[]))]
internal sealed partial class StoredTokenJson : JsonSerializerContext;
