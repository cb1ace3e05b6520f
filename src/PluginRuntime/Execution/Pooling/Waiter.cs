using System.Threading.Tasks.Sources;

namespace PluginRuntime.Execution.Pooling;

/// <summary>A caller in the queue of a pool; used again for another caller once the connection it got comes back.</summary>
/// <remarks>
/// Under the pool's lock it leaves the queue, and so its outcome is decided once; whoever took it out completes it after the lock.
/// The result must be awaited exactly once, or the connection in it is lost.
/// </remarks>
internal sealed class Waiter(ConnectionPool pool) : IValueTaskSource<Rental?>
{
    // Says only that the outcome is there: the rental, which is larger, is written once, into its own fields.
    private ManualResetValueTaskSourceCore<bool> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _registration;
    private PooledConnection? _entry;
    private uint _version;
    private Exception? _error;

    /// <summary>Whether it is in the queue: its outcome is not decided.</summary>
    public bool IsQueued { get; private set; }

    /// <summary>The next one in the queue; after that the next one to complete, and then the next one to be used again.</summary>
    public Waiter? Next { get; set; }

    public Waiter? Previous { get; private set; }

    public long Place { get; private set; }

    public TimeSpan Deadline { get; private set; }

    /// <summary>Whom the connection is for, should it not come back.</summary>
    public object? Borrower { get; private set; }

    public void Start_NeedsLock(long place, TimeSpan deadline, object? borrower)
    {
        (Place, Deadline) = (place, deadline);
        if (Borrower != borrower)
        {
            Borrower = borrower;
        }
    }

    /// <summary>For the queue.</summary>
    public void Enter_NeedsLock(Waiter? after)
    {
        (IsQueued, Previous, Next) = (true, after, null);
        if (after is not null)
        {
            after.Next = this;
        }
    }

    /// <summary>For the queue.</summary>
    public void Leave_NeedsLock()
    {
        if (Previous is not null)
        {
            Previous.Next = Next;
        }

        if (Next is not null)
        {
            Next.Previous = Previous;
        }

        (IsQueued, Previous, Next) = (false, null, null);
    }

    public void Serve_NeedsLock(Rental rental)
    {
        _entry = rental.Entry;
        _version = rental.Version;
    }

    /// <param name="error">Null where the pool was closed.</param>
    public void Dismiss_NeedsLock(Exception? error) => _error = error;

    /// <summary>The task of the caller, who has to have called nothing else of this rent yet.</summary>
    public ValueTask<Rental?> AsTask(CancellationToken cancellationToken)
    {
        // The outcome may be decided and set by now, but nobody can have taken it: the caller does not have the task yet. So the
        // waiter is still this caller's, and storing the registration cannot hit its next use. A token that is cancelled already
        // runs the callback right here.
        _cancellationToken = cancellationToken;
        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static waiter => ((Waiter)waiter!).Cancel(), this);
        }

        return new ValueTask<Rental?>(this, _source.Version);
    }

    public void Complete()
    {
        if (_error is null)
        {
            _source.SetResult(true);
        }
        else
        {
            _source.SetException(_error);
        }
    }

    Rental? IValueTaskSource<Rental?>.GetResult(short token)
    {
        if (_source.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The result of a rent is taken once, after it has completed.");
        }

        // Waits for a callback that runs just now; after this no late cancellation can meet the waiter's next use.
        _registration.Dispose();
        _source.GetResult(token);
        if (_entry is not { } entry)
        {
            return null;
        }

        var rental = new Rental(entry, _version);
        _source.Reset();
        _registration = default;
        _cancellationToken = default;
        _entry = null;
        if (Borrower is not string)
        {
            // A stack trace keeps what it names. A text may stay: the next one is often the same.
            Borrower = null;
        }

        // It is the caller's alone, and so is the connection, with which it comes back.
        (Next, entry.FinishedWaiters) = (entry.FinishedWaiters, this);
        return rental;
    }

    ValueTaskSourceStatus IValueTaskSource<Rental?>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<Rental?>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Cancel() => pool.Cancel(this, _cancellationToken);
}
