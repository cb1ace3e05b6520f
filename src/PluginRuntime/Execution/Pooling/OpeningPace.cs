using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Execution.Pooling;

/// <summary>
/// How fast a pool may open connections, so that it does not worsen an outage nor the end of one. Guarded by the pool's lock; times are
/// on the pool's clock.
/// </summary>
/// <remarks>
/// Four at a time. After a failure one at a time, each after a backoff of at most 2 s, whoever asks: many callers make no more openings
/// than one. The first success ends that; for a second after it no more than a tenth of the size are opened, that one included, but
/// four in any case.
/// </remarks>
/// <param name="size">The size of the pool.</param>
/// <param name="isSuspect">Whether the last opening failed before there was this pool. It begins as after a failure, but at once.</param>
internal sealed class OpeningPace(int size, bool isSuspect)
{
    /// <summary>How many openings may be under way.</summary>
    public const int AtATime = 4;

    private static readonly TimeSpan _backoffBase = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _backoffCap = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _rampTime = TimeSpan.FromSeconds(1);

    private TimeSpan _resumesAt;
    private TimeSpan _rampEndsAt;
    private int _rampLeft;

    /// <summary>How many openings have failed since one succeeded; those that were under way together count once.</summary>
    public int FailuresInARow { get; private set; } = isSuspect ? 1 : 0;

    /// <summary>Whether an opening may start.</summary>
    /// <param name="opening">How many are under way.</param>
    /// <param name="now">The time.</param>
    public bool MayStart(int opening, TimeSpan now) => opening < (FailuresInARow > 0 ? 1 : AtATime) && PauseEnd(now) is null;

    /// <summary>Whether the wait after a failure lasts still.</summary>
    public bool IsBackingOff(TimeSpan now) => now < _resumesAt;

    /// <summary>When openings may go on; null when nothing but the number under way holds them up.</summary>
    public TimeSpan? PauseEnd(TimeSpan now) =>
        now < _resumesAt ? _resumesAt : now < _rampEndsAt && _rampLeft <= 0 ? _rampEndsAt : null;

    /// <summary>Ends the wait after a failure: somebody asks for one more try now.</summary>
    public void Resume() => _resumesAt = TimeSpan.Zero;

    public void Started() => _rampLeft--;

    /// <param name="opening">How many others are under way.</param>
    /// <param name="now">The time.</param>
    public void Succeeded(int opening, TimeSpan now)
    {
        if (FailuresInARow > 0)
        {
            FailuresInARow = 0;
            _resumesAt = TimeSpan.Zero;
            _rampEndsAt = now + _rampTime;
            _rampLeft = Math.Max(AtATime, size / 10) - 1 - opening;
        }
    }

    public void Failed(TimeSpan now)
    {
        // One of several that were under way together: that round has backed off already.
        if (now >= _resumesAt)
        {
            _resumesAt = now + Backoff.Delay(FailuresInARow++, _backoffBase, _backoffCap, Random.Shared.NextDouble());
        }
    }
}
