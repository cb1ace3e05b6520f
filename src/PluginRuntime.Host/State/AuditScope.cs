namespace PluginRuntime.Host.State;

/// <summary>
/// Who asks for what, while a request is worked on. What is changed for it is written into the audit log in one transaction with the change;
/// work that goes on after the request has ended is no longer in it.
/// </summary>
internal sealed class AuditScope : IDisposable
{
    private static readonly AsyncLocal<AuditScope?> _current = new();

    private readonly TimeProvider _timeProvider;
    private readonly AuditEntry _entry;
    private volatile AuditEntry? _by;
    private volatile bool _isOver;

    private AuditScope(AuditEntry entry, TimeProvider timeProvider) => (_entry, _timeProvider) = (entry, timeProvider);

    /// <summary>The scope of the request that is worked on here; null outside of one, and until it is known who asks.</summary>
    internal static AuditScope? Current => _current.Value is { _isOver: false, _by: not null } scope ? scope : null;

    /// <summary>Whether it is known who asks.</summary>
    internal bool IsKnown => _by is not null;

    /// <summary>Whether a change was written down.</summary>
    internal bool IsWritten { get; private set; }

    /// <param name="action">The method, and the route as it is declared.</param>
    /// <param name="target">What the route is about.</param>
    /// <param name="traceId">Names the request in logs.</param>
    /// <param name="timeProvider">The clock.</param>
    internal static AuditScope Begin(string action, string target, string traceId, TimeProvider timeProvider) =>
        _current.Value = new(new() { Action = action, Target = target, TraceId = traceId }, timeProvider);

    /// <summary>Says who asks, once that is known.</summary>
    internal static void By(string key, string keyName, string org)
    {
        if (_current.Value is { _isOver: false } scope)
        {
            scope._by = scope._entry with { Key = key, KeyName = keyName, Org = org };
        }
    }

    /// <summary>What is written down for a change.</summary>
    /// <param name="target">What was changed.</param>
    /// <param name="change">The change of the state, by its revision; null when it is no desired state.</param>
    internal AuditEntry Done(string target, long? change)
    {
        IsWritten = true;
        return Ended("done") with { Target = target, Change = change };
    }

    /// <summary>What is written down for a request that changed nothing in the state.</summary>
    internal AuditEntry Ended(string outcome) => _by! with { Time = _timeProvider.GetUtcNow(), Outcome = outcome };

    public void Dispose() => _isOver = true;
}
