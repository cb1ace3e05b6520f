using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Sdk;

namespace PluginRuntime.Execution;

/// <summary>
/// The one place from which a generation's connector is called. Every call has a deadline; what is thrown becomes a failure of ours, as
/// text without the instance's secrets, right here; nothing the connector owns is kept. Connections cross as opaque objects that belong to the pool.
/// </summary>
internal sealed class Border(string instance, IConnector connector, CallSettings settings, Redaction redaction, TimeProvider timeProvider) : IConnectionSource
{
    private static readonly TimeSpan _threadLook = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();

    // Guarded by _lock: the connections that are open, so that what runs on them can be cancelled.
    private readonly HashSet<OpenConnection> _open = [];
    private IConnector? _connector = connector;
    private int _abandoned;
    private volatile bool _isLate;
    private volatile bool _hasEnded;

    // Those that are on their way into an opening or a check, or in the synchronous part of it. Attempts are not counted, their watchdogs know.
    private int _threads;

    /// <summary>Attempts that ignored their cancellation and still run, as far as is known.</summary>
    internal int Abandoned => Volatile.Read(ref _abandoned);

    /// <summary>Whether <see cref="CancelAttempts"/> was called: the drain deadline has passed.</summary>
    internal bool IsLate => _isLate;

    private IConnector Connector => _connector ?? throw new ObjectDisposedException(nameof(Border));

    /// <exception cref="ConnectorFailedException">The hook failed or hung.</exception>
    internal Task InitializeAsync(ConnectorContext context, CancellationToken cancellationToken)
    {
        var target = Connector;
        return RunAsync(
            "OnInitAsync", settings.HookTimeout, token => Discard(target.InitializeAsync(context, token)), cancellationToken);
    }

    /// <summary>The ids of the actions that the connector declares by now.</summary>
    /// <exception cref="ConnectorFailedException">It failed or hung.</exception>
    internal Task<string[]> ActionsAsync(CancellationToken cancellationToken)
    {
        var target = Connector;
        return RunAsync(
            "Actions", settings.HookTimeout, _ => new ValueTask<string[]>([.. target.Actions.Select(action => action.Id)]), cancellationToken);
    }

    /// <summary>
    /// Runs the connector's last hook. From here on the connector is not called any more, and a thread that is on its way into it is waited
    /// for, by the system's clock, for as long as a hook may take.
    /// </summary>
    /// <exception cref="ConnectorFailedException">The hook failed or hung, or a thread stayed in the connector.</exception>
    internal async Task DestroyAsync()
    {
        var target = Connector;
        var isEmpty = await ThreadsLeaveAsync().ConfigureAwait(false);
        await RunAsync("OnDestroyAsync", settings.HookTimeout, token => Discard(target.DestroyAsync(token)), CancellationToken.None).ConfigureAwait(false);
        if (!isEmpty)
        {
            throw Failed(ConnectorErrorKind.Bug, "A call blocks a thread and ignores its token; the connector was ended under it.", null, wasSent: false);
        }
    }

    /// <summary>Cancels the lifetime token that the connector was given, and waits for what the connector hung on it.</summary>
    /// <exception cref="ConnectorFailedException">That failed or hung.</exception>
    internal Task EndLifetimeAsync(CancellationTokenSource lifetime) =>
        RunAsync(
            "What hangs on Context.Lifetime", settings.HookTimeout, _ => Discard(new ValueTask(lifetime.CancelAsync())), CancellationToken.None);

    /// <summary>Cancels the attempts that run, and any that begins from now on.</summary>
    internal void CancelAttempts()
    {
        // Meets an attempt that begins: it marks itself as running and then reads this, here it is the other way round. The fence in between
        // is one for all processors, so that one of the two sees the other.
        _isLate = true;
        Interlocked.MemoryBarrierProcessWide();
        OpenConnection[] open;
        lock (_lock)
        {
            open = [.. _open];
        }

        foreach (var connection in open)
        {
            connection.Watchdog.Cancel();
        }
    }

    /// <summary>Lets go of the connector object: from here on nothing of the package is reachable from this generation.</summary>
    internal void Release() => _connector = null;

    public async ValueTask<object> OpenAsync(CancellationToken cancellationToken)
    {
        var target = Connector;
        var opening = new Opening();
        try
        {
            var client = await RunAsync(
                "OpenAsync", settings.AttemptTimeout, token => Enter(() => OpenAsync(target, opening, token)), cancellationToken).ConfigureAwait(false)
                ?? throw Failed(ConnectorErrorKind.Bug, "OpenAsync gave null for a connection.", null, wasSent: false);
            var connection = new OpenConnection(client, new(timeProvider, CountAbandoned), new(settings.MaxOutputBytes));
            lock (_lock)
            {
                _open.Add(connection);
            }

            return connection;
        }
        catch
        {
            if (opening.Abandon() is { } late)
            {
                ForeignCall.Observe(target.CloseAsync(late, CancellationToken.None).AsTask());
            }

            throw;
        }
    }

    public async ValueTask<ConnectionHealth> CheckAsync(object connection, CancellationToken cancellationToken)
    {
        var target = Connector;
        try
        {
            var health = await RunAsync(
                "CheckAsync", settings.HealthTimeout, token => Enter(() => target.CheckAsync(ClientOf(connection), token)), cancellationToken).ConfigureAwait(false);
            return health.Detail is { } detail ? health with { Detail = redaction.Apply(detail, ForeignText.MaxLength) } : health;
        }
        catch (ConnectorFailedException exception)
        {
            return ConnectionHealth.Unhealthy(exception.Message);
        }
    }

    public async ValueTask CloseAsync(object connection, CancellationToken cancellationToken)
    {
        // A lease may come back, and an attempt that was left to itself may end, when the connector is gone: then the connection closes itself.
        var target = _connector;
        var open = (OpenConnection)connection;
        open.Watchdog.Dispose();
        lock (_lock)
        {
            _open.Remove(open);
        }

        await RunAsync(
            "CloseAsync",
            settings.HookTimeout,
            token => Discard(target is null ? DisposeAsync(open.Client) : target.CloseAsync(open.Client, token)),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The connector's own object behind a connection of the pool.</summary>
    internal static object ClientOf(object connection) => ((OpenConnection)connection).Client;

    /// <summary>
    /// Runs one attempt. An async method also where it completes at once: its builder restores the caller's execution context, so that no
    /// AsyncLocal of the connector leaks into the host.
    /// </summary>
    /// <param name="connection">One that the pool lends to this attempt alone.</param>
    /// <param name="action">The id of an action.</param>
    /// <param name="input">UTF-8 JSON.</param>
    /// <param name="deadline">The timestamp at which the attempt is cancelled.</param>
    /// <param name="cancellationToken">The caller gives up.</param>
    /// <returns>Null when it succeeded: the connection's output holds the UTF-8 JSON of the result.</returns>
    [SuppressMessage("Reliability", "CA2012", Justification = "Waited for by the watchdog, which takes no result; the result is taken here, once.")]
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<AttemptFailure?> InvokeAsync(
        OpenConnection connection, string action, ReadOnlyMemory<byte> input, long deadline, CancellationToken cancellationToken)
    {
        AttemptFailure? failure = null;
        var isAbandoned = false;
        var watchdog = connection.Watchdog;
        connection.Output.Clear();
        var token = watchdog.Begin(deadline, cancellationToken);
        try
        {
            await PoolThread.EnterAsync();
            if (_isLate || watchdog.IsCancelled || _connector is not { } target)
            {
                // See CancelAttempts. The connector may have come to its end by now: it is not called any more, and nothing was sent. For who
                // is interrupted right behind this, the end waits: see DestroyAsync.
                return AttemptFailure.TooLate;
            }

            var pending = target.InvokeAsync(connection.Client, action, input, connection.Output, token);
            isAbandoned = !pending.IsCompleted && !await watchdog.EndsAsync(pending).ConfigureAwait(false);
            if (isAbandoned)
            {
                failure = AttemptFailure.Cancelled(isAbandoned: true);
            }
            else
            {
                // A result has to be taken even where there is none: a pooled source is given back by this.
                pending.GetAwaiter().GetResult();
            }
        }
        catch (Exception exception)
        {
            failure = Translate(action, exception, watchdog.IsCancelled);
        }
        finally
        {
            watchdog.End(isAbandoned);
        }

        return failure;
    }

    /// <summary>An opening that outlives the wait for it must not leave its connection open with nobody to close it.</summary>
    private static async ValueTask<object> OpenAsync(IConnector target, Opening opening, CancellationToken cancellationToken)
    {
        // Where threads are scarce the host may have given up before this begins.
        cancellationToken.ThrowIfCancellationRequested();
        var connection = await target.OpenAsync(cancellationToken).ConfigureAwait(false);
        if (!opening.TryDeliver(connection))
        {
            await target.CloseAsync(connection, CancellationToken.None).ConfigureAwait(false);
        }

        return connection;
    }

    private static ValueTask DisposeAsync(object connection)
    {
        if (connection is IAsyncDisposable disposable)
        {
            return disposable.DisposeAsync();
        }

        (connection as IDisposable)?.Dispose();
        return default;
    }

    private static async ValueTask<bool> Discard(ValueTask pending)
    {
        await pending.ConfigureAwait(false);
        return true;
    }

    private async Task<bool> ThreadsLeaveAsync()
    {
        // Meets who enters. An attempt needs no look at this: the gate is closed, and who was inside is late or has left.
        _hasEnded = true;
        Interlocked.MemoryBarrier();
        var begin = Stopwatch.GetTimestamp();
        while (HasThread())
        {
            if (Stopwatch.GetElapsedTime(begin) > settings.HookTimeout)
            {
                return false;
            }

            await Task.Delay(_threadLook, TimeProvider.System).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Calls the connector unless it has come to its end.</summary>
    private ValueTask<T> Enter<T>(Func<ValueTask<T>> call)
    {
        Interlocked.Increment(ref _threads);
        try
        {
            return _hasEnded ? throw new ConnectorException(ConnectorErrorKind.Unavailable, "The connector has come to its end.", wasSent: false) : call();
        }
        finally
        {
            Interlocked.Decrement(ref _threads);
        }
    }

    private bool HasThread()
    {
        if (Volatile.Read(ref _threads) > 0)
        {
            return true;
        }

        lock (_lock)
        {
            foreach (var connection in _open)
            {
                if (connection.Watchdog.HasThread)
                {
                    return true;
                }
            }

            return false;
        }
    }

    private void CountAbandoned(int by) => Interlocked.Add(ref _abandoned, by);

    private AttemptFailure Translate(string action, Exception exception, bool isCancelled) => exception switch
    {
        ConnectorException failure => AttemptFailure.From(
            Failed(failure.Kind, ForeignText.MessageOf(failure, redaction), failure.RetryAfter, failure.WasSent),
            isUncertain: failure.Kind is ConnectorErrorKind.Bug or ConnectorErrorKind.Unavailable or ConnectorErrorKind.Timeout),
        // A copy: the object has passed through the connector, and its stack trace would keep the connector's code.
        OutputInvalidException failure => AttemptFailure.From(failure.Copy(), isUncertain: true),
        OperationCanceledException when isCancelled => AttemptFailure.Cancelled(isAbandoned: false),
        _ => AttemptFailure.From(
            Failed(ConnectorErrorKind.Bug, $"The action '{action}' threw {ForeignText.Describe(exception, redaction)}", null, wasSent: true),
            isUncertain: true),
    };

    private async Task<T> RunAsync<T>(
        string member, TimeSpan deadline, Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await ForeignCall.RunAsync(call, deadline, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (ConnectorException failure)
        {
            throw Failed(failure.Kind, ForeignText.MessageOf(failure, redaction), failure.RetryAfter, wasSent: false);
        }
        catch (ForeignTimeoutException failure)
        {
            throw Failed(ConnectorErrorKind.Timeout, $"{member}: {failure.Message}", null, wasSent: false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception failure)
        {
            throw Failed(ConnectorErrorKind.Bug, $"{member} threw {ForeignText.Describe(failure, redaction)}", null, wasSent: false);
        }
    }

    private ConnectorFailedException Failed(ConnectorErrorKind kind, string message, TimeSpan? retryAfter, bool wasSent) =>
        new(instance, kind, message, retryAfter, wasSent);
}
