namespace PluginRuntime.Execution.Retrying;

/// <summary>
/// How many retries an instance may make: one for every ten calls, and five a second. While an outside system is down every call fails, and
/// without a budget each would be tried as often as it may, which multiplies the load on what is just coming back.
/// </summary>
/// <remarks>
/// A bucket that retries empty and calls fill. It holds ten seconds' worth of the fixed part and is full at first. The idea is known from
/// the client libraries of large service meshes.
/// </remarks>
internal sealed class RetryBudget(TimeProvider timeProvider)
{
    internal const double Share = 0.1;
    internal const double PerSecond = 5;
    internal const double Capacity = 50;

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private double _balance = Capacity;
    private long _refilledAt = timeProvider.GetTimestamp();
    private long _generation;
    private long _seenCalls;

    /// <summary>Takes one retry out, if there is one.</summary>
    /// <param name="generation">The number of the generation whose calls are counted.</param>
    /// <param name="calls">How many of its calls have ended so far.</param>
    internal bool TryTake(long generation, long calls)
    {
        lock (_lock)
        {
            // During a swap calls of both generations come here in turns: those of the one before earn nothing, or each turn would count all
            // calls of the other anew.
            if (generation > _generation)
            {
                (_generation, _seenCalls) = (generation, 0);
            }

            var ended = generation == _generation ? Math.Max(0, calls - _seenCalls) : 0;
            var now = timeProvider.GetTimestamp();
            _balance = Math.Min(Capacity, _balance + (PerSecond * timeProvider.GetElapsedTime(_refilledAt, now).TotalSeconds) + (Share * ended));
            (_refilledAt, _seenCalls) = (now, _seenCalls + ended);
            if (_balance < 1)
            {
                return false;
            }

            _balance--;
            return true;
        }
    }
}
