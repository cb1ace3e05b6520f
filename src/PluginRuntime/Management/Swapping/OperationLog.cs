namespace PluginRuntime.Management;

/// <summary>The operations of this process, the newest <see cref="Kept"/> of them.</summary>
internal sealed class OperationLog(TimeProvider timeProvider)
{
    internal const int Kept = 1000;

    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<string, Operation> _byId = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = [];

    internal Operation Begin(string kind, string instance, string? from)
    {
        var operation = new Operation(kind, instance, from, timeProvider);
        lock (_lock)
        {
            _byId.Add(operation.Id, operation);
            _order.Enqueue(operation.Id);
            while (_order.Count > Kept)
            {
                _byId.Remove(_order.Dequeue());
            }
        }

        return operation;
    }

    /// <summary>How many of them have not ended.</summary>
    internal int CountRunning()
    {
        lock (_lock)
        {
            return _byId.Values.Count(operation => !operation.Ended.IsCompleted);
        }
    }

    internal OperationSnapshot? Find(string id)
    {
        lock (_lock)
        {
            return _byId.GetValueOrDefault(id)?.Snapshot();
        }
    }
}
