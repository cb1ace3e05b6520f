namespace PluginRuntime.Host.State;

/// <summary>Who did what to what, when, and what came of it. Holds no secret.</summary>
internal sealed record AuditEntry
{
    /// <summary>Counts the entries, without gaps.</summary>
    public long Sequence { get; init; }

    public DateTimeOffset Time { get; init; }

    /// <summary>The org that it was about.</summary>
    public string Org { get; init; } = "";

    /// <summary>The key that was shown, by its id.</summary>
    public string Key { get; init; } = "";

    /// <summary>What the key is for.</summary>
    public string KeyName { get; init; } = "";

    /// <summary>The method, and the route as it is declared.</summary>
    public required string Action { get; init; }

    /// <summary>What it was done to, as its org calls it; empty where the route is about nothing in particular.</summary>
    public string Target { get; init; } = "";

    /// <summary><c>done</c>, <c>accepted</c> for what went on after the answer, or the code of the problem that was answered.</summary>
    public string Outcome { get; init; } = "";

    /// <summary>The change of the state that it was; null when it was none.</summary>
    public long? Change { get; init; }

    /// <summary>Names the request in logs and traces.</summary>
    public required string TraceId { get; init; }
}
