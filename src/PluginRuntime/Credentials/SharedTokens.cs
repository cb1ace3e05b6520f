using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace PluginRuntime.Credentials;

/// <summary>
/// Gets one token for all hosts that share a credential: who has the turn asks the token server, and the others take what it was granted. While
/// the store is away each asks for itself. What somebody authorized is worked on by one at a time in this host as well: a refresh never meets the
/// authorization that takes its place.
/// </summary>
internal sealed class SharedTokens(ITokenStore store, RefreshTokens kept, TokenEndpoint endpoint, TimeProvider timeProvider, ILogger logger)
{
    private const string RefusedForGood = "invalid_grant";

    // What another host does takes its time whatever the clock here says.
    private static readonly TimeProvider _waiting = TimeProvider.System;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Longer than the token server may take, and than a host that has ended counts as alive.</summary>
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(25);

    // By key, for what is authorized.
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _gates = new(StringComparer.Ordinal);

    /// <param name="key">Whose tokens.</param>
    /// <param name="settings">The credential.</param>
    /// <param name="old">Access tokens that are at their end or were refused: another one is wanted.</param>
    internal async Task<TokenAnswer> GetAsync(string key, CredentialSettings settings, IReadOnlyCollection<string> old)
    {
        if (!settings.NeedsAuthorization)
        {
            return await GetInTurnAsync(key, settings, old).ConfigureAwait(false);
        }

        var gate = await EnterAsync(key).ConfigureAwait(false);
        try
        {
            return Kept(key, settings, old) is { } granted ? new(granted, null) : await GetInTurnAsync(key, settings, old).ConfigureAwait(false);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Redeems an authorization code and keeps what it brings, in the place of what there was. Until that has ended no host refreshes.</summary>
    /// <exception cref="PluginRuntimeException">The tokens could not be saved: what was there stays.</exception>
    internal async Task<(Authorization? Authorization, TokenFailure? Failure)> AuthorizeAsync(string key, CredentialSettings settings, AuthorizationCode code)
    {
        var gate = await EnterAsync(key).ConfigureAwait(false);
        try
        {
            if (!store.IsShared)
            {
                return await ExchangeAsync(key, settings, code).ConfigureAwait(false);
            }

            // A host that does not come to an end loses: what it brings is based on something older.
            var hasTurn = await TryTakeTurnAsync(key).ConfigureAwait(false);
            try
            {
                return await ExchangeAsync(key, settings, code).ConfigureAwait(false);
            }
            finally
            {
                if (hasTurn)
                {
                    store.EndTurn(key);
                }
            }
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<SemaphoreSlim> EnterAsync(string key)
    {
        var gate = _gates.GetOrAdd(key, _ => new(1, 1));
        await gate.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        return gate;
    }

    private async Task<bool> TryTakeTurnAsync(string key)
    {
        for (var began = _waiting.GetTimestamp(); _waiting.GetElapsedTime(began) < _longestWait;)
        {
            if (await store.TryTakeTurnAsync(key).ConfigureAwait(false))
            {
                return true;
            }

            await Task.Delay(_pause, _waiting).ConfigureAwait(false);
        }

        return false;
    }

    private async Task<(Authorization? Authorization, TokenFailure? Failure)> ExchangeAsync(string key, CredentialSettings settings, AuthorizationCode code)
    {
        var asked = timeProvider.GetUtcNow();
        var answer = await endpoint.ExchangeAsync(settings, code).ConfigureAwait(false);
        if (answer.Granted is not { } granted)
        {
            return (null, answer.Failure);
        }

        var end = asked + granted.Lifetime;
        var authorization = new Authorization(Guid.NewGuid().ToString("N"), asked, GrantedScopes.Of(granted, settings, code), IsRefused: false)
        {
            ExpiresAt = granted.RefreshToken is null ? end : null,
        };
        await kept.AuthorizeAsync(key, settings, authorization, granted.RefreshToken, new(granted.AccessToken, end)).ConfigureAwait(false);
        return (authorization, null);
    }

    private async Task<TokenAnswer> GetInTurnAsync(string key, CredentialSettings settings, IReadOnlyCollection<string> old)
    {
        if (!store.IsShared)
        {
            return await AskAsync(key, settings, known: null, old).ConfigureAwait(false);
        }

        try
        {
            for (var began = _waiting.GetTimestamp(); _waiting.GetElapsedTime(began) < _longestWait;)
            {
                if ((await FindAsync(key, settings, old).ConfigureAwait(false)).Granted is { } granted)
                {
                    return new(granted, null);
                }

                if (await store.TryTakeTurnAsync(key).ConfigureAwait(false))
                {
                    try
                    {
                        // Once more: whoever had the turn before may just have been granted one.
                        var (found, revision) = await FindAsync(key, settings, old).ConfigureAwait(false);
                        return found is not null ? new(found, null) : await AskAsync(key, settings, revision, old).ConfigureAwait(false);
                    }
                    finally
                    {
                        store.EndTurn(key);
                    }
                }

                await Task.Delay(_pause, _waiting).ConfigureAwait(false);
            }

            return new(null, TokenFailure.Unavailable("The host that has the turn to get a token does not come to an end."));
        }
        catch (PluginRuntimeException exception)
        {
            logger.TokensNotShared(key, exception.Message);
            return await AskAsync(key, settings, known: null, old).ConfigureAwait(false);
        }
    }

    private GrantedToken? Kept(string key, CredentialSettings settings, IReadOnlyCollection<string> old) =>
        kept.FindGranted(key, settings) is { } granted && !old.Contains(granted.AccessToken) ? granted : null;

    private async Task<(GrantedToken? Granted, long Revision)> FindAsync(string key, CredentialSettings settings, IReadOnlyCollection<string> old)
    {
        var (tokens, revision) = await store.ReadAsync(key).ConfigureAwait(false);
        if (tokens is { } utf8)
        {
            kept.Load([new(key, utf8)]);
        }

        return (Kept(key, settings, old), revision);
    }

    private async Task<TokenAnswer> AskAsync(string key, CredentialSettings settings, long? known, IReadOnlyCollection<string> old)
    {
        var used = kept.Find(key, settings) ?? settings.RefreshToken;
        var basis = settings.NeedsAuthorization ? kept.FindAuthorization(key, settings) : null;
        if (settings.NeedsAuthorization && used is null)
        {
            return new(null, TokenFailure.Unauthorized(basis is null ? "is not authorized yet" : "has to be authorized again: its token has ended or was refused, and there is none to refresh it with"));
        }

        var asked = timeProvider.GetUtcNow();
        var answer = await endpoint.AskAsync(settings, used).ConfigureAwait(false);
        if (answer.Granted is not { } granted)
        {
            return basis is not null && answer.Failure!.Error == RefusedForGood ? await RefusedAsync(key, settings, used!, basis, known, old).ConfigureAwait(false) : answer;
        }

        var rotated = granted.RefreshToken is { } next && used is not null && next != used ? next : null;
        if (store.IsShared || basis is not null)
        {
            // Had this host been away so long that another one took its turn, that one's is the last word.
            var end = new AccessTokenEnd(granted.AccessToken, asked + granted.Lifetime);
            basis = basis is null ? null : basis with { IsRefused = false };
            var isKept = await kept.KeepAsync(key, settings, rotated ?? kept.Find(key, settings), end, known, basis).ConfigureAwait(false);
            return !isKept && await TheirsAsync(key, settings, known, old).ConfigureAwait(false) is { } theirs ? new(theirs, null) : answer;
        }

        if (rotated is not null)
        {
            await kept.KeepAsync(key, settings, rotated, null, null).ConfigureAwait(false);
        }

        return answer;
    }

    /// <summary>The refresh token is refused: that is kept with it, unless somebody has brought another one.</summary>
    private async Task<TokenAnswer> RefusedAsync(string key, CredentialSettings settings, string used, Authorization basis, long? known, IReadOnlyCollection<string> old)
    {
        var refused = TokenFailure.Unauthorized($"has to be authorized again: the token server refuses what it granted ({RefusedForGood})");
        if (basis.IsRefused || (store.IsShared && known is null))
        {
            return new(null, refused);
        }

        // The access token may serve to its end.
        AccessTokenEnd? serving = kept.FindGranted(key, settings) is { } granted ? new(granted.AccessToken, timeProvider.GetUtcNow() + granted.Lifetime) : null;
        var isKept = await kept.KeepAsync(key, settings, used, serving, known, basis with { IsRefused = true }).ConfigureAwait(false);
        return !isKept && await TheirsAsync(key, settings, known, old).ConfigureAwait(false) is { } theirs ? new(theirs, null) : new(null, refused);
    }

    private async Task<GrantedToken?> TheirsAsync(string key, CredentialSettings settings, long? known, IReadOnlyCollection<string> old) =>
        known is null ? Kept(key, settings, old) : (await FindAsync(key, settings, old).ConfigureAwait(false)).Granted;
}
