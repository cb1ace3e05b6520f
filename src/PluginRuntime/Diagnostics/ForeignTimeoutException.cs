namespace PluginRuntime.Diagnostics;

/// <summary>Foreign code did not end by its deadline. Callers turn it into a failure that names what was called.</summary>
internal sealed class ForeignTimeoutException(TimeSpan deadline, bool abandoned)
    : Exception($"It did not end within {deadline.TotalSeconds:0.###} s{(abandoned ? " and ignored its cancellation" : "")}.")
{
    /// <summary>True when the code still runs.</summary>
    internal bool IsAbandoned { get; } = abandoned;
}
