namespace PluginRuntime.Diagnostics;

/// <summary>
/// Keeps connectors' code on threads that stay (see <c>Loading.PoolThreads</c>): a thread of somebody else's may run a connector's code, live
/// on, and end when that connector's context is gone.
/// </summary>
internal static class PoolThread
{
    /// <summary>Goes on on a thread of the pool: at once when this is one.</summary>
    internal static ValueTask EnterAsync() => Thread.CurrentThread.IsThreadPoolThread ? default : HopAsync();

    private static async ValueTask HopAsync() => await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
}
