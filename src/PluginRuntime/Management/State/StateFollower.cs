using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;

namespace PluginRuntime.Management;

/// <summary>
/// Keeps a host as the state says, whichever host changes that: changes are applied and told in their order, each once, and a change of this
/// host's own is based on all that were made before it.
/// </summary>
/// <param name="state">The state.</param>
/// <param name="apply">Brings changes into the host. The same may come again.</param>
/// <param name="events">Told what changes bring with them.</param>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Told when the state is away.</param>
internal sealed class StateFollower(
    IStateStore state, Func<StateChanges, Task> apply, EventTrail events, TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    private const int Tries = 10;
    private static readonly TimeSpan _retryDelay = TimeSpan.FromSeconds(1);

    // One change, or one look at those of others, at a time: an older answer never takes the place of a newer one.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private Task _loop = Task.CompletedTask;
    private volatile bool _isAway;

    // Guarded by _turn.
    private long _known;

    /// <summary>Begins to follow. Called once, when the host has taken over what the state was.</summary>
    /// <param name="known">The newest change that has been told.</param>
    internal void Start(long known)
    {
        _known = known;
        _loop = Task.Run(() => LoopAsync(_stopping.Token), CancellationToken.None);
    }

    /// <summary>Changes the state, based on all that is in it.</summary>
    /// <param name="change">Given the revision it is based on. Called again when another host was faster.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="StateException">The state is away; nothing changed.</exception>
    /// <exception cref="StateConflictException">Other hosts were faster, again and again; nothing changed.</exception>
    internal async Task<T> ChangeAsync<T>(Func<long, Task<T>> change, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            for (var tried = 1; ; tried++)
            {
                await CatchUpAsync_NeedsTurn(cancellationToken).ConfigureAwait(false);
                try
                {
                    var changed = await change(_known).ConfigureAwait(false);
                    await TryCatchUpAsync_NeedsTurn().ConfigureAwait(false);
                    return changed;
                }
                catch (StateConflictException) when (tried < Tries)
                {
                    // What the other host has made of it is looked at first.
                }
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes in what has changed by now; a state that is away is looked at again later.</summary>
    internal async Task CatchUpAsync()
    {
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            await TryCatchUpAsync_NeedsTurn().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task LoopAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await CatchUpAsync().ConfigureAwait(false);
            try
            {
                await (_isAway ? Task.Delay(_retryDelay, timeProvider, cancellationToken) : state.WaitForChangesAsync(cancellationToken)).ConfigureAwait(false);
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it was: without this loop the host would go its own way.
                Tell(exception);
                await Task.Delay(_retryDelay, timeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task TryCatchUpAsync_NeedsTurn()
    {
        try
        {
            await CatchUpAsync_NeedsTurn(CancellationToken.None).ConfigureAwait(false);
            _isAway = false;
        }
        catch (Exception exception)
        {
            // Whatever it was: what runs goes on, and the next look makes up for it.
            Tell(exception);
        }
    }

    private void Tell(Exception exception)
    {
        if (!_isAway)
        {
            logger.NotFollowed(exception.Message);
        }

        _isAway = true;
    }

    private async Task CatchUpAsync_NeedsTurn(CancellationToken cancellationToken)
    {
        var changes = await state.ReadChangesAsync(_known, cancellationToken).ConfigureAwait(false);
        if (changes.Revision <= _known && !changes.IsWhole)
        {
            return;
        }

        await apply(changes).ConfigureAwait(false);
        foreach (var change in changes.Changes.Where(change => change.Event is not null))
        {
            events.Publish(change.Event! with { Change = change.Revision });
        }

        _known = changes.Revision;
    }
}
