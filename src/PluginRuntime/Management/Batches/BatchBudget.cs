namespace PluginRuntime.Management;

/// <summary>How much output a batch may still have.</summary>
internal sealed class BatchBudget(int limit)
{
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private int _taken;

    /// <exception cref="BatchTooLargeException">So much is not left; what is left stays.</exception>
    internal void Take(int bytes)
    {
        lock (_lock)
        {
            _taken = bytes <= limit - _taken ? _taken + bytes : throw new BatchTooLargeException(limit);
        }
    }
}
