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

    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _retryDelay = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _saving = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();

    // Guarded by _lock.
    private readonly Dictionary<string, StoredToken> _tokens = new(StringComparer.Ordinal);

    /// <summary>Takes over what was stored. Called once, first.</summary>
    internal void Load(IEnumerable<KeyValuePair<string, ReadOnlyMemory<byte>>> stored)
    {
        lock (_lock)
        {
            foreach (var (key, utf8) in stored)
            {
                if (Read(utf8) is { } token)
                {
                    _tokens[key] = token;
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
        StoredToken? token;
        lock (_lock)
        {
            token = _tokens.GetValueOrDefault(key);
        }

        return token is not null && CryptographicOperations.FixedTimeEquals(token.Fingerprint, Fingerprint(token.Salt, settings)) ? token.RefreshToken : null;
    }

    /// <summary>Remembers a token, at once, and saves it: returns when that has ended, well or badly, or takes long. It goes on by itself until it is done.</summary>
    internal async Task KeepAsync(string key, CredentialSettings settings, string refreshToken)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var token = new StoredToken(salt, Fingerprint(salt, settings), refreshToken);
        lock (_lock)
        {
            _tokens[key] = token;
        }

        var saving = TrySaveAsync(key, token);
        try
        {
            await saving.WaitAsync(_longestWait, timeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // It goes on by itself.
        }

        _ = RetryAsync(key, token, saving);
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

    private async Task<bool> TrySaveAsync(string key, StoredToken token)
    {
        try
        {
            await SaveAsync(key, token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            logger.TokenNotSaved(key, exception.Message);
            return false;
        }
    }

    /// <summary>Does not fail.</summary>
    private async Task RetryAsync(string key, StoredToken token, Task<bool> saving)
    {
        while (!await saving.ConfigureAwait(false))
        {
            await Task.Delay(_retryDelay, timeProvider, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            saving = TrySaveAsync(key, token);
        }
    }

    private async Task SaveAsync(string key, StoredToken? token)
    {
        await _saving.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            // Meets a newer one that was kept, or a removal, while this one waited: theirs is the last word.
            if (token is null || IsCurrent(key, token))
            {
                // Said in full: a bare null would become an empty text.
                ReadOnlyMemory<byte>? content = token is null ? default(ReadOnlyMemory<byte>?) : Write(token);
                await save(key, content, CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            _saving.Release();
        }
    }

    private bool IsCurrent(string key, StoredToken token)
    {
        lock (_lock)
        {
            return _tokens.GetValueOrDefault(key) == token;
        }
    }

    // Keyed by a salt of its own, so that a store that is not sealed gives away no hash that can be looked up.
    private static byte[] Fingerprint(byte[] salt, CredentialSettings settings) =>
        HMACSHA256.HashData(salt, Encoding.UTF8.GetBytes($"{settings.TokenUrl?.AbsoluteUri}\n{settings.ClientId}\n{settings.RefreshToken}"));

    private static ReadOnlyMemory<byte> Write(StoredToken token) => JsonSerializer.SerializeToUtf8Bytes(token, StoredTokenJson.Default.StoredToken);

    private static StoredToken? Read(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8.Span, StoredTokenJson.Default.StoredToken);
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
internal sealed partial class StoredTokenJson : JsonSerializerContext;
