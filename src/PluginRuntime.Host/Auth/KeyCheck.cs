using System.Collections.Concurrent;
using PluginRuntime.Host.Problems;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Auth;

/// <summary>
/// Finds what a key may do. What is known of one is read again every second, so that a key that another process has revoked or replaced ends
/// within it; one that is not known is looked up at once. A database that cannot be read ends no access of keys that were known.
/// </summary>
internal sealed class KeyCheck(KeyStore store, TimeProvider timeProvider, ILogger<KeyCheck> logger)
{
    private static readonly TimeSpan _longestUse = TimeSpan.FromSeconds(1);

    // By hash: a key itself is not kept.
    private readonly ConcurrentDictionary<string, Known> _known = new(StringComparer.Ordinal);

    /// <returns>Null when it is no key, or none that is valid now.</returns>
    /// <exception cref="RequestException">It is not known, and the database cannot be read.</exception>
    internal ApiKey? Find(string presented)
    {
        // What is mistyped costs nobody a look into the database.
        if (KeyText.Check(presented) is not null)
        {
            return null;
        }

        var hash = KeyText.Hash(presented);
        var at = Convert.ToHexString(hash);
        var now = timeProvider.GetTimestamp();
        var key = _known.TryGetValue(at, out var known)
            ? timeProvider.GetElapsedTime(known.ReadAt, now) < _longestUse ? known.Key : ReadAgain(at, hash, known, now)
            : Read(at, hash, now);
        return key is not null && key.IsValidAt(timeProvider.GetUtcNow()) ? key : null;
    }

    /// <summary>Of a key that this process has ended nothing is to be believed any more.</summary>
    internal void Forget(string id)
    {
        foreach (var (at, _) in _known.Where(pair => pair.Value.Key.Id == id))
        {
            _known.TryRemove(at, out _);
        }
    }

    /// <summary>Whether there is such an org. It is taken for one while the database cannot be read: what it does not own it does not see.</summary>
    internal bool HasOrg(string name)
    {
        try
        {
            return store.FindOrg(name) is not null;
        }
        catch (StateException exception)
        {
            logger.KeyUnreadable(exception.Message);
            return true;
        }
    }

    private ApiKey? ReadAgain(string at, byte[] hash, Known known, long now)
    {
        // Meets others with the same key: one of them reads, the rest go on with what is known.
        if (!_known.TryUpdate(at, known with { ReadAt = now }, known))
        {
            return known.Key;
        }

        try
        {
            return Read(at, hash, now);
        }
        catch (RequestException)
        {
            return known.Key;
        }
    }

    /// <param name="at">The hash as text.</param>
    /// <param name="hash">The hash.</param>
    /// <param name="now">The time before it is read: what changes while it is read counts a second later at most.</param>
    private ApiKey? Read(string at, byte[] hash, long now)
    {
        try
        {
            if (store.Find(hash) is { } found)
            {
                _known[at] = new(found, now);
                return found;
            }

            _known.TryRemove(at, out _);
            return null;
        }
        catch (StateException exception)
        {
            logger.KeyUnreadable(exception.Message);
            throw new RequestException("state.failed", "The host cannot look up keys at the moment.");
        }
    }

    private sealed record Known(ApiKey Key, long ReadAt);
}
