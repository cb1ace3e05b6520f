namespace PluginRuntime.Execution.Pooling;

/// <summary>A connection that was lent and does not come back.</summary>
/// <param name="Instance">The instance's name.</param>
/// <param name="Borrower">Who has it: an action's id, <c>lease</c>, or <c>health check</c>.</param>
/// <param name="Since">When it was lent, to about a second.</param>
/// <param name="Stack">Where it was borrowed, for a lease; else null.</param>
/// <param name="IsAbandoned">
/// Whether its lease was collected without being disposed: the connection is closed, and its permit free again. Else the borrower has it still.
/// </param>
internal sealed record LeakReport(string Instance, string Borrower, DateTimeOffset Since, string? Stack, bool IsAbandoned);
