using System.Collections.Frozen;
using PluginRuntime.Credentials;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Manifests;

namespace PluginRuntime.Execution;

/// <summary>
/// One instance on one version, live: its gate, its pool, its border and what it may do. It does not change; when something about the
/// instance changes, another generation takes its place.
/// </summary>
internal sealed class Generation
{
    private readonly TimeProvider _timeProvider;
    private readonly CancellationTokenSource _lifetime;
    private long _failedCalls;
    private int _isRetired;

    internal Generation(
        long number,
        string instance,
        PackageIdentity identity,
        ConnectorManifest manifest,
        Border border,
        ConnectionPool pool,
        CallSettings settings,
        IOutcomeSink outcomes,
        InstanceCredential credential,
        CancellationTokenSource lifetime,
        TimeProvider timeProvider)
    {
        Number = number;
        Instance = instance;
        Identity = identity;
        Manifest = manifest;
        Border = border;
        Pool = pool;
        Settings = settings;
        Outcomes = outcomes;
        Breaker = new(settings.Breaker, timeProvider, (from, to) => outcomes.BreakerChanged(this, from, to));
        Credential = credential;
        Actions = manifest.Actions.ToFrozenDictionary(
            action => action.Id, action => ActionPlan.Create(action, settings.AttemptTimeout, timeProvider), StringComparer.Ordinal);
        TimeoutStamps = Timestamps.Of(settings.Timeout, timeProvider);
        AcquireStamps = Timestamps.Of(pool.AcquireTimeout, timeProvider);
        _lifetime = lifetime;
        _timeProvider = timeProvider;
        Since = timeProvider.GetUtcNow();
    }

    /// <summary>Counts up over the life of the instance.</summary>
    internal long Number { get; }

    internal string Instance { get; }

    internal PackageIdentity Identity { get; }

    internal ConnectorManifest Manifest { get; }

    internal DateTimeOffset Since { get; }

    internal Gate Gate { get; } = new();

    internal Border Border { get; }

    internal ConnectionPool Pool { get; }

    internal CallSettings Settings { get; }

    /// <summary>The longest a call may take, as a difference of the clock's timestamps: made once, since to convert it costs as much as an atomic operation.</summary>
    internal long TimeoutStamps { get; }

    /// <summary>The longest an attempt waits for a connection, likewise.</summary>
    internal long AcquireStamps { get; }

    internal IOutcomeSink Outcomes { get; }

    internal Breaker Breaker { get; }

    /// <summary>
    /// How the calls ended whose last attempt met this generation. Exact only when nothing moves. Added up of what its actions count, so that
    /// a call that succeeds is counted once.
    /// </summary>
    internal CallTotals Calls => new(Actions.Values.Sum(action => action.Counts.Successes), Interlocked.Read(ref _failedCalls));

    /// <summary>What its connector authenticates with.</summary>
    internal InstanceCredential Credential { get; }

    internal FrozenDictionary<string, ActionPlan> Actions { get; }

    /// <summary>A call has failed, by its last attempt.</summary>
    /// <param name="action">The action, as this generation has it; null when it has not.</param>
    /// <param name="failure">How.</param>
    internal void CallFailed(ActionPlan? action, PluginRuntimeException failure)
    {
        Interlocked.Increment(ref _failedCalls);
        AttemptFailed(action, failure);
    }

    /// <summary>An attempt has failed, after which the call goes on with another one, or not.</summary>
    internal void AttemptFailed(ActionPlan? action, PluginRuntimeException failure)
    {
        action?.Counts.Failed(failure);
        Outcomes.AttemptFailed(this, failure);
    }

    /// <summary>
    /// Closes the gate, waits for the attempts inside, cancels those that outlive the deadline, closes the connections, runs the
    /// connector's last hook and lets go of it. The next generation is published already, so calls that wait here go there.
    /// </summary>
    /// <returns>What happened. It does not throw: a connector that fails here is in the report.</returns>
    internal async Task<RetireReport> RetireAsync()
    {
        if (Interlocked.Exchange(ref _isRetired, 1) != 0)
        {
            throw new InvalidOperationException($"Generation {Number} of '{Instance}' is retired already.");
        }

        Gate.Close();
        Pool.Close();
        var drained = await EndsWithinAsync(Gate.Drained, Settings.DrainTimeout).ConfigureAwait(false);
        var late = drained ? 0 : Gate.Inside;

        // The last one may have left right after the deadline: then nothing was late.
        drained |= late == 0;
        if (!drained)
        {
            Border.CancelAttempts();
            await EndsWithinAsync(Gate.Drained, Diagnostics.ForeignCall.Grace * 4).ConfigureAwait(false);
        }

        var failures = new List<string>();
        await TryAsync(Border.EndLifetimeAsync(_lifetime), failures).ConfigureAwait(false);
        var closed = await EndsWithinAsync(Pool.DisposeAsync().AsTask(), Settings.HookTimeout + Diagnostics.ForeignCall.Grace).ConfigureAwait(false);
        if (!closed)
        {
            failures.Add("not every connection could be closed in time");
        }

        await TryAsync(Border.DestroyAsync(), failures).ConfigureAwait(false);
        var abandoned = Border.Abandoned;
        Border.Release();
        return new RetireReport(drained, late, abandoned, failures);
    }

    private static async Task TryAsync(Task hook, List<string> failures)
    {
        try
        {
            await hook.ConfigureAwait(false);
        }
        catch (ConnectorFailedException exception)
        {
            failures.Add(exception.Message);
        }
    }

    /// <param name="task">Must not be one that fails.</param>
    /// <param name="limit">How long to wait.</param>
    private async Task<bool> EndsWithinAsync(Task task, TimeSpan limit)
    {
        try
        {
            await task.WaitAsync(limit, _timeProvider).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            // It may have ended right after the limit.
            return task.IsCompleted;
        }
    }
}
