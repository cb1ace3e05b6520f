using System.Collections.Concurrent;

namespace PluginRuntime.Management;

/// <summary>This host among those that share its state: says that it lives, knows how many do, and takes turns with them.</summary>
/// <param name="state">The state.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class Membership(IStateStore state, TimeProvider timeProvider) : IAsyncDisposable
{
    /// <summary>How often a host says that it lives.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>A host that has not said so for this long counts as gone.</summary>
    internal static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();

    // One turn is taken or given back at a time: what was given back may be taken again at once.
    private readonly SemaphoreSlim _leasing = new(1, 1);
    private readonly ConcurrentDictionary<string, bool> _givenBack = new(StringComparer.Ordinal);
    private Task _loop = Task.CompletedTask;
    private volatile LiveHosts _live = LiveHosts.Alone;
    private long _lastFailure;
    private volatile bool _hasFailed;

    /// <summary>The hosts that live, as far as this one knows.</summary>
    internal LiveHosts Live => _live;

    /// <summary>Told when others have come or gone.</summary>
    internal Action? Changed { get; set; }

    /// <summary>Joins the others, where there may be any.</summary>
    /// <exception cref="StateException">The state cannot be asked.</exception>
    internal async Task StartAsync(CancellationToken cancellationToken)
    {
        if (state.IsShared)
        {
            _live = await state.BeatAsync(cancellationToken).ConfigureAwait(false);
            _loop = Task.Run(() => LoopAsync(_stopping.Token), CancellationToken.None);
        }
    }

    /// <summary>Takes a turn that only one host may have at a time. While the state is away nobody gets one.</summary>
    /// <param name="name">What it is a turn for.</param>
    /// <param name="isSure">Whether it is not to be taken from a host that may only have had no chance yet to say that it lives.</param>
    internal async ValueTask<bool> TryTakeAsync(string name, bool isSure)
    {
        if (!state.IsShared)
        {
            return true;
        }

        await _leasing.WaitAsync().ConfigureAwait(false);
        try
        {
            _givenBack.TryRemove(name, out _);
            return (IsSteady || !isSure) && await state.TryLeaseAsync(name, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StateException)
        {
            Failed();
            return false;
        }
        finally
        {
            _leasing.Release();
        }
    }

    /// <summary>Gives a turn back: at once, or as soon as the state can be asked.</summary>
    internal void GiveBack(string name)
    {
        if (state.IsShared)
        {
            _givenBack[name] = true;
            _ = Task.Run(() => TryReleaseAsync(name));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (state.IsShared)
        {
            try
            {
                await state.LeaveAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (StateException)
            {
                // The others see it when this host does not say any more that it lives.
            }
        }
    }

    /// <summary>After an outage the others need a moment to say that they live: until then their silence means nothing.</summary>
    private bool IsSteady => !_hasFailed || timeProvider.GetElapsedTime(Volatile.Read(ref _lastFailure)) > Lifetime;

    private void Failed()
    {
        Volatile.Write(ref _lastFailure, timeProvider.GetTimestamp());
        _hasFailed = true;
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Interval, timeProvider, cancellationToken).ConfigureAwait(false);
            try
            {
                var live = await state.BeatAsync(cancellationToken).ConfigureAwait(false);
                if (live != _live && (live.Count > _live.Count || IsSteady))
                {
                    _live = live;
                    Changed?.Invoke();
                }
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Whoever follows the state tells that it is away.
                Failed();
            }

            foreach (var name in _givenBack.Keys)
            {
                await TryReleaseAsync(name).ConfigureAwait(false);
            }
        }
    }

    private async Task TryReleaseAsync(string name)
    {
        await _leasing.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_givenBack.ContainsKey(name))
            {
                await state.ReleaseAsync(name, CancellationToken.None).ConfigureAwait(false);
                _givenBack.TryRemove(name, out _);
            }
        }
        catch (StateException)
        {
            Failed();
        }
        finally
        {
            _leasing.Release();
        }
    }
}
