using System.Threading.Tasks.Sources;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>
/// A call that the test ends. It counts as arrived once it is awaited, and what follows it runs inside <see cref="Succeed"/> or
/// <see cref="Fail"/>: so a test knows at each line what has happened.
/// </summary>
internal sealed class PendingCall<T>(object? connection, Action<PendingCall<T>> arrived, CancellationToken cancellationToken)
    : IValueTaskSource<T>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<T> _source;

    public object? Connection => connection;

    public CancellationToken CancellationToken => cancellationToken;

    public short Version => _source.Version;

    public void Succeed(T result) => _source.SetResult(result);

    public void Fail(Exception error) => _source.SetException(error);

    T IValueTaskSource<T>.GetResult(short token) => _source.GetResult(token);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _source.OnCompleted(continuation, state, token, flags);
        arrived(this);
    }
}
