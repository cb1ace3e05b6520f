using PluginRuntime.Diagnostics;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>Whether nothing was thrown where nobody catches it.</summary>
internal sealed class ThreadCheck : Check
{
    internal override string Id => "threads";

    internal override string Title => "nothing is thrown on threads and timers of its own";

    internal override Need Need => Need.Package;

    internal override Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken) => Task.FromResult(new Verdict(
    [
        .. (bench.Runtime.Events.ReadAfter(0, EventTrail.Kept) ?? []).Where(happened => happened.Type == EventTypes.Unhandled)
            .Select(happened => happened.Detail).Distinct().Select(detail => new ConformanceFinding("thread.unhandled", "", detail)),
    ]));
}
