using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Host.Idempotency;

/// <summary>The first of two equal requests has not been answered yet.</summary>
internal sealed class RequestInFlightException() : PluginRuntimeException(
    InFlight, "A request with this Idempotency-Key is under way, or ended without its answer being kept. Send it again later."), IHasRetryAfter
{
    internal const string InFlight = "idempotency.in-flight";

    public override bool IsTransient => true;

    public TimeSpan? RetryAfter => TimeSpan.FromSeconds(1);
}
