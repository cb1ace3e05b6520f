using System.Text.Json.Serialization;

namespace PluginRuntime.Management;

/// <summary>Whether an operation still runs, and how it ended.</summary>
public enum OperationStatus
{
    /// <summary>It waits or runs.</summary>
    Running,

    /// <summary>It did what was asked.</summary>
    Succeeded,

    /// <summary>It did not; what ran before runs on.</summary>
    Failed,
}

/// <summary>One step of an operation.</summary>
/// <param name="Name">stage, load, init, open, check, publish, drain, retire; choose and install; ask and settle; delay, calls and operations.</param>
/// <param name="StartedAt">UTC.</param>
/// <param name="Milliseconds">How long it took; null while it runs.</param>
public sealed record OperationPhase(string Name, DateTimeOffset StartedAt, double? Milliseconds)
{
    /// <summary>How many it still waits for; null where it does not count.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Left { get; init; }
}

/// <summary>Work that goes on after its request was answered. A snapshot.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">swap, rollback, reconnect; install and poll of packages; drain of a host.</param>
/// <param name="Instance">The instance it works on; of an installation the connector, of a poll or a drain nothing.</param>
/// <param name="Status">Whether it still runs.</param>
/// <param name="From">The version before; null when none was live.</param>
/// <param name="To">The version it leads to, once that is known.</param>
/// <param name="StartedAt">UTC.</param>
/// <param name="EndedAt">UTC; null while it runs.</param>
/// <param name="Phases">Its steps so far.</param>
/// <param name="Code">Why it failed: a stable, dotted code; null otherwise.</param>
/// <param name="Detail">Why it failed, in a sentence; null otherwise.</param>
public sealed record OperationSnapshot(
    string Id,
    string Kind,
    string Instance,
    OperationStatus Status,
    string? From,
    string? To,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    IReadOnlyList<OperationPhase> Phases,
    string? Code,
    string? Detail);

/// <summary>The live side of an operation: written by one instance's worker, read by anybody.</summary>
internal sealed class Operation(string kind, string instance, string? from, TimeProvider timeProvider)
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<OperationSnapshot> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Guarded by _lock.
    private readonly List<OperationPhase> _phases = [];
    private OperationSnapshot _snapshot = new(
        Guid.CreateVersion7(timeProvider.GetUtcNow()).ToString("N"), kind, instance, OperationStatus.Running, from, null,
        timeProvider.GetUtcNow(), null, [], null, null);
    private long _phaseStarted;

    internal string Id => _snapshot.Id;

    internal string Kind { get; } = kind;

    /// <summary>Completes when the operation has ended; it never fails.</summary>
    internal Task<OperationSnapshot> Ended => _ended.Task;

    internal OperationSnapshot Snapshot()
    {
        lock (_lock)
        {
            return _snapshot;
        }
    }

    /// <summary>Ends the phase before and begins another. What comes after the end of the operation changes nothing.</summary>
    internal void Enter(string phase)
    {
        lock (_lock)
        {
            if (_snapshot.Status != OperationStatus.Running)
            {
                return;
            }

            EndPhase_NeedsLock();
            _phases.Add(new(phase, timeProvider.GetUtcNow(), null));
            _phaseStarted = timeProvider.GetTimestamp();
            _snapshot = _snapshot with { Phases = [.. _phases] };
        }
    }

    /// <summary>Says how much the phase still waits for.</summary>
    internal void Leaves(int left)
    {
        lock (_lock)
        {
            if (_snapshot.Status == OperationStatus.Running && _phases is [.., var last] && last.Left != left)
            {
                _phases[^1] = last with { Left = left };
                _snapshot = _snapshot with { Phases = [.. _phases] };
            }
        }
    }

    internal void LeadsTo(string version)
    {
        lock (_lock)
        {
            if (_snapshot.Status == OperationStatus.Running)
            {
                _snapshot = _snapshot with { To = version };
            }
        }
    }

    internal void Succeed() => End(OperationStatus.Succeeded, null, null);

    internal void Fail(string code, string detail) => End(OperationStatus.Failed, code, detail);

    private void End(OperationStatus status, string? code, string? detail)
    {
        OperationSnapshot ended;
        lock (_lock)
        {
            if (_snapshot.Status != OperationStatus.Running)
            {
                return;
            }

            EndPhase_NeedsLock();
            _snapshot = _snapshot with
            {
                Status = status,
                EndedAt = timeProvider.GetUtcNow(),
                Phases = [.. _phases],
                Code = code,
                Detail = detail,
            };
            ended = _snapshot;
        }

        _ended.TrySetResult(ended);
    }

    private void EndPhase_NeedsLock()
    {
        if (_phases is [.., { Milliseconds: null } last])
        {
            _phases[^1] = last with { Milliseconds = timeProvider.GetElapsedTime(_phaseStarted).TotalMilliseconds };
        }
    }
}
