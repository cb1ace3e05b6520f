using PluginRuntime.Host.Problems;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Auth;

/// <summary>
/// Finds what a key may do. What is known of one is read again every second, so that a key that another process has revoked or replaced ends
/// within it; one that is not known is looked up at once. A database that cannot be read, or does not answer, ends no access of keys that were
/// known, and holds nobody up who shows one.
/// </summary>
internal sealed class KeyCheck(KeyStore store, TimeProvider timeProvider, ILogger<KeyCheck> logger)
{
    private static readonly TimeSpan _longestUse = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();

    // Guarded by _lock. By hash: a key itself is not kept.
    private readonly Dictionary<string, Known> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Reading> _readings = new(StringComparer.Ordinal);
    private bool _isAway;

    /// <returns>Null when it is no key, or none that is valid now.</returns>
    /// <exception cref="RequestException">It is not known, and the database cannot be read.</exception>
    internal async ValueTask<ApiKey?> FindAsync(string presented)
    {
        // What is mistyped costs nobody a look into the database.
        if (KeyText.Check(presented) is not null)
        {
            return null;
        }

        var hash = KeyText.Hash(presented);
        var at = Convert.ToHexString(hash);
        Known? known;
        lock (_lock)
        {
            known = _known.GetValueOrDefault(at);
        }

        var key = known is null ? await LookUpAsync(at, hash)
            : IsRecent(known.ReadAt) ? known.Key
            : await LookAgainAsync(at, hash, known.Key);
        return key is not null && key.IsValidAt(timeProvider.GetUtcNow()) ? key : null;
    }

    /// <summary>Of a key that this process has ended nothing is to be believed any more.</summary>
    internal void Forget(string id)
    {
        lock (_lock)
        {
            foreach (var (at, _) in _known.Where(pair => pair.Value.Key.Id == id).ToList())
            {
                _known.Remove(at);
            }

            // One of them may have read it before.
            _readings.Clear();
        }
    }

    /// <summary>Whether there is such an org. It is taken for one while the database cannot be read: what it does not own it does not see.</summary>
    internal async ValueTask<bool> HasOrgAsync(string name)
    {
        lock (_lock)
        {
            if (_isAway)
            {
                return true;
            }
        }

        var reading = Task.Run(() => ReadOrgAsync(name));
        return !await EndsWithinAsync(reading, _longestUse) || await reading;
    }

    private async Task<ApiKey?> LookUpAsync(string at, byte[] hash)
    {
        var (reading, isOwn, _) = Read(at, hash);
        var answer = await reading.Answer;
        if (answer is { IsRead: true, Key: null } && !isOwn)
        {
            // A reading that ran already when this key came may have begun before the key was made.
            answer = await Read(at, hash).Reading.Answer;
        }

        return answer.IsRead ? answer.Key : throw new RequestException("state.failed", "The host cannot look up keys at the moment.");
    }

    private async ValueTask<ApiKey?> LookAgainAsync(string at, byte[] hash, ApiKey known)
    {
        var began = timeProvider.GetTimestamp();
        while (true)
        {
            var (reading, isOwn, isAway) = Read(at, hash);
            if (isAway || !await EndsWithinAsync(reading.Answer, _longestUse - timeProvider.GetElapsedTime(began)))
            {
                return known;
            }

            var answer = await reading.Answer;
            if (!answer.IsRead)
            {
                return known;
            }

            // What the database kept to itself for long may have changed since.
            if (isOwn || IsRecent(reading.Began))
            {
                return answer.Key;
            }
        }
    }

    /// <summary>Waits for an answer, but not longer than this.</summary>
    private async Task<bool> EndsWithinAsync(Task answer, TimeSpan longest)
    {
        try
        {
            await answer.WaitAsync(longest > TimeSpan.Zero ? longest : TimeSpan.Zero, timeProvider);
            return true;
        }
        catch (TimeoutException)
        {
            lock (_lock)
            {
                _isAway = true;
            }

            return false;
        }
    }

    private bool IsRecent(long readAt) => timeProvider.GetElapsedTime(readAt) < _longestUse;

    private (Reading Reading, bool IsOwn, bool IsAway) Read(string at, byte[] hash)
    {
        lock (_lock)
        {
            if (_readings.TryGetValue(at, out var reading) && !reading.Answer.IsCompleted)
            {
                return (reading, false, _isAway);
            }

            reading = new(timeProvider.GetTimestamp());
            reading.Answer = Task.Run(() => ReadAsync(at, hash, reading));
            _readings[at] = reading;
            if (_known.TryGetValue(at, out var known))
            {
                // Others with the same key go on with what is known meanwhile.
                _known[at] = known with { ReadAt = reading.Began };
            }

            return (reading, true, _isAway);
        }
    }

    private async Task<Answer> ReadAsync(string at, byte[] hash, Reading reading)
    {
        Answer answer;
        try
        {
            answer = new(await store.FindAsync(hash), IsRead: true);
        }
        catch (StateException exception)
        {
            logger.KeyUnreadable(exception.Message);
            answer = new(null, IsRead: false);
        }

        lock (_lock)
        {
            _isAway = !answer.IsRead;
            if (_readings.TryGetValue(at, out var last) && last == reading)
            {
                _readings.Remove(at);
                Keep_NeedsLock(at, answer, reading.Began);
            }
        }

        return answer;
    }

    private void Keep_NeedsLock(string at, Answer answer, long readAt)
    {
        if (answer.Key is { } key)
        {
            // As of when it began: what changes while it is read counts a second later at most.
            _known[at] = new(key, readAt);
        }
        else if (answer.IsRead)
        {
            _known.Remove(at);
        }
    }

    private async Task<bool> ReadOrgAsync(string name)
    {
        try
        {
            return await store.FindOrgAsync(name) is not null;
        }
        catch (StateException exception)
        {
            logger.KeyUnreadable(exception.Message);
            return true;
        }
    }

    private sealed record Known(ApiKey Key, long ReadAt);

    private sealed record Answer(ApiKey? Key, bool IsRead);

    /// <summary>A look into the database that is under way.</summary>
    private sealed class Reading(long began)
    {
        public long Began { get; } = began;

        public Task<Answer> Answer { get; set; } = null!;
    }
}
