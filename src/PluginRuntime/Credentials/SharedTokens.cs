using Microsoft.Extensions.Logging;

namespace PluginRuntime.Credentials;

/// <summary>
/// Gets one token for all hosts that share a credential: who has the turn asks the token server, and the others take what it was granted. While
/// the store is away each asks for itself.
/// </summary>
internal sealed class SharedTokens(ITokenStore store, RefreshTokens kept, TokenEndpoint endpoint, TimeProvider timeProvider, ILogger logger)
{
    // What another host does takes its time whatever the clock here says.
    private static readonly TimeProvider _waiting = TimeProvider.System;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Longer than the token server may take, and than a host that has ended counts as alive.</summary>
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(25);

    /// <param name="key">Whose tokens.</param>
    /// <param name="settings">The credential.</param>
    /// <param name="old">Access tokens that are at their end or were refused: another one is wanted.</param>
    internal async Task<TokenAnswer> GetAsync(string key, CredentialSettings settings, IReadOnlyCollection<string> old)
    {
        if (!store.IsShared)
        {
            return await AskAsync(key, settings, known: null).ConfigureAwait(false);
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
            return await AskAsync(key, settings, known: null).ConfigureAwait(false);
        }
    }

    private async Task<(GrantedToken? Granted, long Revision)> FindAsync(string key, CredentialSettings settings, IReadOnlyCollection<string> old)
    {
        var (tokens, revision) = await store.ReadAsync(key).ConfigureAwait(false);
        if (tokens is { } utf8)
        {
            kept.Load([new(key, utf8)]);
        }

        return (kept.FindGranted(key, settings) is { } granted && !old.Contains(granted.AccessToken) ? granted : null, revision);
    }

    private async Task<TokenAnswer> AskAsync(string key, CredentialSettings settings, long? known, IReadOnlyCollection<string>? old = null)
    {
        var used = kept.Find(key, settings) ?? settings.RefreshToken;
        var asked = timeProvider.GetUtcNow();
        var answer = await endpoint.AskAsync(settings, used).ConfigureAwait(false);
        if (answer.Granted is not { } granted)
        {
            return answer;
        }

        var rotated = granted.RefreshToken is { } next && used is not null && next != used ? next : null;
        if (store.IsShared)
        {
            // Had this host been away so long that another one took its turn, that one's is the last word.
            var isKept = await kept.KeepAsync(key, settings, rotated ?? kept.Find(key, settings), new(granted.AccessToken, asked + granted.Lifetime), known).ConfigureAwait(false);
            return !isKept && old is not null && (await FindAsync(key, settings, old).ConfigureAwait(false)).Granted is { } theirs ? new(theirs, null) : answer;
        }

        if (rotated is not null)
        {
            await kept.KeepAsync(key, settings, rotated, null, null).ConfigureAwait(false);
        }

        return answer;
    }
}
