namespace PluginRuntime.Execution;

/// <summary>How a call ended, as listeners are told. Holds neither its input nor its output, and no secret.</summary>
/// <param name="Time">When it ended, UTC.</param>
/// <param name="Instance">The instance that was called.</param>
/// <param name="Connector">The connector's id; null when no version took the call.</param>
/// <param name="Version">The version that took it last; null when none did.</param>
/// <param name="Action">What was called, as the caller said it, cut to <see cref="LongestAction"/> characters.</param>
/// <param name="Milliseconds">How long it took, with its attempts and the waits between them.</param>
/// <param name="Attempts">How many attempts began.</param>
/// <param name="Code">The stable, dotted code of its failure, or <c>cancelled</c> when the caller gave up; null when it succeeded.</param>
/// <param name="Detail">A sentence about the failure; null when it succeeded.</param>
internal sealed record CallEnd(
    DateTimeOffset Time, string Instance, string? Connector, string? Version, string Action, double Milliseconds, int Attempts, string? Code, string? Detail)
{
    /// <summary>No connector's action has a longer name.</summary>
    internal const int LongestAction = 128;
}
