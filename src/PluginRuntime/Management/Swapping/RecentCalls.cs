using PluginRuntime.Execution;

namespace PluginRuntime.Management;

/// <summary>The attempts of the live generation lately: what its successor is compared with, rather than with its whole life.</summary>
internal sealed class RecentCalls(TimeProvider timeProvider) : IDisposable
{
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private Generation? _generation;
    private VersionSample _older = VersionSample.Empty;
    private VersionSample _newer = VersionSample.Empty;
    private ITimer? _timer;

    /// <summary>Follows a generation from now on.</summary>
    /// <param name="generation">Null for none.</param>
    /// <param name="span">What <see cref="Of"/> looks back over is this long at least, and at most twice as long.</param>
    internal void Follow(Generation? generation, TimeSpan span)
    {
        lock (_lock)
        {
            (_generation, _older, _newer) = (generation, VersionSample.Empty, VersionSample.Empty);
            _timer?.Dispose();
            _timer = null;
            if (generation is not null)
            {
                using (ExecutionContext.SuppressFlow())
                {
                    _timer = timeProvider.CreateTimer(static state => ((RecentCalls)state!).Mark(), this, span, span);
                }
            }
        }
    }

    /// <summary>
    /// The attempts of a generation lately and in its life; lately is its life as well when it is not followed, or there were too few.
    /// </summary>
    internal (VersionSample Lately, VersionSample Life) Of(Generation generation, int enough)
    {
        var all = VersionSample.Of(generation);
        lock (_lock)
        {
            var lately = generation == _generation ? all - _older : all;
            return (lately.All.All >= enough ? lately : all, all);
        }
    }

    public void Dispose() => Follow(null, TimeSpan.Zero);

    private void Mark()
    {
        lock (_lock)
        {
            if (_generation is { } generation)
            {
                (_older, _newer) = (_newer, VersionSample.Of(generation));
            }
        }
    }
}
