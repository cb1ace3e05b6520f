namespace PluginRuntime.Tests.Packages;

/// <summary>Shows what a manual clock shows, but waits as the system does: a child process that is just being started may hold a store's lock
/// for a moment.</summary>
internal sealed class StoreClock(ManualTimeProvider clock) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();
}
