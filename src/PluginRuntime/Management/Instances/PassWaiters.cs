namespace PluginRuntime.Management;

/// <summary>Those who wait for a pass that begins after they asked: an earlier one may have read what was wanted before.</summary>
internal sealed class PassWaiters
{
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private TaskCompletionSource _next = New();
    private TaskCompletionSource? _running;
    private bool _isClosed;

    /// <summary>Completes when a pass that has not begun yet has ended. The caller then sees to it that there is one.</summary>
    internal Task WaitAsync()
    {
        lock (_lock)
        {
            return _isClosed ? Task.CompletedTask : _next.Task;
        }
    }

    /// <summary>A pass begins.</summary>
    internal void Begin()
    {
        lock (_lock)
        {
            _running = _next;
            _next = New();
        }
    }

    /// <summary>The pass has ended.</summary>
    internal void End()
    {
        lock (_lock)
        {
            _running?.TrySetResult();
        }
    }

    /// <summary>There will be no more passes: nobody waits in vain.</summary>
    internal void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            _running?.TrySetResult();
            _next.TrySetResult();
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
