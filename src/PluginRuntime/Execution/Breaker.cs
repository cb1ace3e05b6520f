namespace PluginRuntime.Execution;

/// <summary>
/// Stops the attempts of one generation while its outside system does not answer: closed, open after some failures in a row, half-open
/// for one attempt after a while. A closed breaker costs one read an attempt.
/// </summary>
/// <param name="options">When it opens, and for how long.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="changed">Told of each change, with no lock held; two changes at the same time may be told in any order.</param>
internal sealed class Breaker(BreakerOptions options, TimeProvider timeProvider, Action<BreakerState, BreakerState> changed)
{
    private readonly Lock _lock = new();
    private int _failures;

    // Written under _lock.
    private volatile BreakerState _state;
    private long _openedAt;
    private bool _isProbing;

    internal BreakerState State => _state;

    /// <summary>
    /// Lets an attempt through, or not. One that was let through ends with <see cref="Succeed"/>, <see cref="Fail"/> or <see cref="Abstain"/>.
    /// </summary>
    /// <param name="retryAfter">When not: how long until the next one is let through.</param>
    internal bool TryEnter(out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.Zero;
        return _state == BreakerState.Closed || TryProbe(out retryAfter);
    }

    /// <summary>The outside system answered.</summary>
    internal void Succeed()
    {
        if (Volatile.Read(ref _failures) != 0)
        {
            Volatile.Write(ref _failures, 0);
        }

        // One that began before the breaker opened may come here while it is open: that says nothing of the time since. While it is half-open
        // it cannot be told from the one that tries, here and below: it may decide in its place, or let a second one try.
        if (_state == BreakerState.HalfOpen)
        {
            Move(BreakerState.Closed, static state => state == BreakerState.HalfOpen);
        }
    }

    /// <summary>The outside system could not be reached, or did not answer.</summary>
    internal void Fail()
    {
        if (_state == BreakerState.HalfOpen)
        {
            Move(BreakerState.Open, static state => state == BreakerState.HalfOpen);
        }
        else if (Interlocked.Increment(ref _failures) >= options.Failures && _state == BreakerState.Closed)
        {
            Move(BreakerState.Open, static state => state == BreakerState.Closed);
        }
    }

    /// <summary>The attempt says nothing about the outside system.</summary>
    internal void Abstain()
    {
        if (_state == BreakerState.HalfOpen)
        {
            lock (_lock)
            {
                _isProbing = false;
            }
        }
    }

    /// <summary>A check found the outside system well: calls go through from here on.</summary>
    internal void Reset()
    {
        Volatile.Write(ref _failures, 0);
        if (_state != BreakerState.Closed)
        {
            Move(BreakerState.Closed, static _ => true);
        }
    }

    private bool TryProbe(out TimeSpan retryAfter)
    {
        BreakerState before;
        lock (_lock)
        {
            before = _state;
            retryAfter = options.OpenFor - timeProvider.GetElapsedTime(_openedAt);
            if (before == BreakerState.Closed)
            {
                return true;
            }

            if (_isProbing || (before == BreakerState.Open && retryAfter > TimeSpan.Zero))
            {
                // A probe under way has no known end; a moment is a fair guess.
                retryAfter = retryAfter > TimeSpan.Zero ? retryAfter : TimeSpan.FromSeconds(1);
                return false;
            }

            _isProbing = true;
            _state = BreakerState.HalfOpen;
        }

        Tell(before, BreakerState.HalfOpen);
        return true;
    }

    private void Move(BreakerState to, Func<BreakerState, bool> from)
    {
        BreakerState before;
        lock (_lock)
        {
            before = _state;
            if (!from(before) || before == to)
            {
                return;
            }

            _state = to;
            _isProbing = false;
            _openedAt = timeProvider.GetTimestamp();
            Volatile.Write(ref _failures, 0);
        }

        Tell(before, to);
    }

    private void Tell(BreakerState from, BreakerState to)
    {
        if (from != to)
        {
            changed(from, to);
        }
    }
}
