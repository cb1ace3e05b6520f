using System.Buffers;
using System.Globalization;
using System.Text;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Execution.Swapping;

/// <summary>
/// The connector of one generation of a <see cref="SwapHistory"/>. Attempts and openings end when the history says so. What must never
/// happen is found out where it happens, on whatever thread, and kept for the history to fail with.
/// </summary>
internal sealed class ModelConnector(long number, SwapHistory history) : IConnector
{
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly List<ModelAttempt> _attempts = [];
    private readonly List<ModelOpening> _openings = [];
    private readonly HashSet<ModelConnection> _open = [];
    private readonly HashSet<object> _busy = [];
    private readonly TaskCompletionSource _destroyed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isDestroyed;
    private int _lastConnection;
    private int _activity;

    public IReadOnlyList<ConnectorAction> Actions => [];

    internal long Number { get; } = number;

    /// <summary>Whether checks find connections broken.</summary>
    internal bool IsUnwell { get; set; }

    /// <summary>Set when it is published: before that it must not be called.</summary>
    internal bool IsPublished { get; set; }

    internal Task Destroyed => _destroyed.Task;

    internal int Open => Read(() => _open.Count);

    /// <summary>The open connections that nobody counts on, should their openings have been given up.</summary>
    internal int MaybeGivenUp => Read(() => _open.Count(connection => connection.MayBeGivenUp));

    /// <summary>Counts everything that happens here.</summary>
    internal int Activity => Volatile.Read(ref _activity);

    internal IReadOnlyList<ModelAttempt> Attempts => Read<IReadOnlyList<ModelAttempt>>(() => [.. _attempts]);

    internal IReadOnlyList<ModelOpening> Openings => Read<IReadOnlyList<ModelOpening>>(() => [.. _openings]);

    public ValueTask InitializeAsync(ConnectorContext context, CancellationToken cancellationToken) => default;

    public async ValueTask<object> OpenAsync(CancellationToken cancellationToken)
    {
        Seen();
        using var opening = new ModelOpening(history.IsDeaf(), cancellationToken);
        lock (_lock)
        {
            history.Require(!_isDestroyed, $"{Number}: opens after its end");
            _openings.Add(opening);
        }

        try
        {
            await opening.Ended.ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _openings.Remove(opening);
            }
        }

        lock (_lock)
        {
            var connection = new ModelConnection(this, ++_lastConnection, cancellationToken);
            _open.Add(connection);
            history.Opened();
            return connection;
        }
    }

    public ValueTask<ConnectionHealth> CheckAsync(object connection, CancellationToken cancellationToken)
    {
        Seen();
        lock (_lock)
        {
            history.Require(!_isDestroyed, $"{Number}: checks after its end");
            ((ModelConnection)connection).Use();
        }

        return new(new ConnectionHealth(!IsUnwell));
    }

    public ValueTask CloseAsync(object connection, CancellationToken cancellationToken)
    {
        ((ModelConnection)connection).Dispose();
        return default;
    }

    /// <summary>A connection was closed, by its connector or by itself.</summary>
    internal void Closed(ModelConnection connection)
    {
        Seen();
        lock (_lock)
        {
            history.Closed();
            history.Require(_open.Remove(connection), $"{connection} is closed twice, or by another generation");
            history.Require(
                !_attempts.Exists(attempt => attempt.Connection == connection && !attempt.Token.IsCancellationRequested),
                $"{connection} is closed under an attempt that goes on");
        }
    }

    public async ValueTask InvokeAsync(
        object connection, string action, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        Seen();
        var call = history.Find(int.Parse(input.Span, CultureInfo.InvariantCulture));
        using var attempt = new ModelAttempt(call, connection, history.IsDeaf(), cancellationToken);
        lock (_lock)
        {
            history.Require(IsPublished, $"{Number}: called before it was published");
            history.Require(!_isDestroyed, $"{Number}: called after its end");
            history.Require(_open.Contains((ModelConnection)connection), $"{connection}: used closed, or by another generation");
            history.Require(_busy.Add(connection), $"{connection}: two attempts at once");
            history.Require(call.LiveAtStart <= Number, $"call {call.Id} began when {call.LiveAtStart} was live and went to {Number}");
            history.Require(action == ModelCall.Repeatable || !call.WasSent, $"call {call.Id} may not be repeated and is sent twice");
            ((ModelConnection)connection).Use();
            _attempts.Add(attempt);
        }

        call.Enter(Number);
        try
        {
            await attempt.Ended.ConfigureAwait(false);
            lock (_lock)
            {
                history.Require(!_isDestroyed || cancellationToken.IsCancellationRequested, $"{Number}: ended under an attempt that goes on");
            }

            output.Write(Encoding.UTF8.GetBytes(Number.ToString(CultureInfo.InvariantCulture)));
        }
        finally
        {
            lock (_lock)
            {
                _attempts.Remove(attempt);
                _busy.Remove(connection);
            }

            Seen();
        }
    }

    public ValueTask DestroyAsync(CancellationToken cancellationToken)
    {
        Seen();
        lock (_lock)
        {
            history.Require(!_isDestroyed, $"{Number}: destroyed twice");
            history.Require(_attempts.TrueForAll(attempt => attempt.Token.IsCancellationRequested), $"{Number}: destroyed under an attempt that goes on");
            _isDestroyed = true;
        }

        _destroyed.TrySetResult();
        return default;
    }

    private void Seen() => Interlocked.Increment(ref _activity);

    private T Read<T>(Func<T> read)
    {
        lock (_lock)
        {
            return read();
        }
    }
}
