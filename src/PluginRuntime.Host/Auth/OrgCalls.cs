using System.Collections.Concurrent;

namespace PluginRuntime.Host.Auth;

/// <summary>Holds the calls of an org to its limits, on this host: calls in a second, saved up for one second, and calls at a time.</summary>
/// <param name="limits">What holds for an org.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class OrgCalls(Func<string, OrgLimits> limits, TimeProvider timeProvider)
{
    private readonly ConcurrentDictionary<string, Meter> _meters = new(StringComparer.Ordinal);

    /// <summary>Lets calls begin; they end when what is returned is disposed of.</summary>
    /// <param name="org">Whose calls.</param>
    /// <param name="calls">How many. More than a whole second's take a whole second's.</param>
    /// <param name="atATime">How many of them at a time. More than may be are taken for as many as may be.</param>
    /// <exception cref="LimitExceededException">It is more than the org may send now.</exception>
    internal Permit Enter(string org, int calls = 1, int atATime = 1)
    {
        var held = limits(org);
        return held is { Rate: 0, Concurrency: 0 } ? default : _meters.GetOrAdd(org, _ => new(timeProvider)).Enter(org, held, calls, atATime);
    }

    /// <summary>Calls that are under way.</summary>
    internal readonly struct Permit : IDisposable
    {
        private readonly Meter? _meter;
        private readonly int _width;

        internal Permit(Meter meter, int width) => (_meter, _width) = (meter, width);

        public void Dispose() => _meter?.Leave(_width);
    }

    internal sealed class Meter(TimeProvider timeProvider)
    {
        private readonly Lock _lock = new();

        // Guarded by _lock.
        private double _saved = double.MaxValue;
        private long _at = timeProvider.GetTimestamp();
        private int _underWay;

        internal Permit Enter(string org, OrgLimits limits, int calls, int atATime)
        {
            lock (_lock)
            {
                var width = limits.Concurrency == 0 ? atATime : Math.Min(atATime, limits.Concurrency);
                if (limits.Concurrency > 0 && _underWay + width > limits.Concurrency)
                {
                    throw new LimitExceededException($"The org '{org}' has {_underWay} calls under way and may have {limits.Concurrency} on this host.", null);
                }

                if (limits.Rate > 0)
                {
                    Take_NeedsLock(org, limits.Rate, Math.Min(calls, limits.Rate));
                }

                _underWay += width;
                return new(this, width);
            }
        }

        internal void Leave(int width)
        {
            lock (_lock)
            {
                _underWay -= width;
            }
        }

        private void Take_NeedsLock(string org, int rate, int calls)
        {
            var now = timeProvider.GetTimestamp();
            var saved = Math.Min(rate, _saved + (timeProvider.GetElapsedTime(_at, now).TotalSeconds * rate));
            (_saved, _at) = (saved, now);
            if (saved < calls)
            {
                throw new LimitExceededException($"The org '{org}' has made more than {rate} calls in a second on this host.", TimeSpan.FromSeconds((calls - saved) / rate));
            }

            _saved = saved - calls;
        }
    }
}
