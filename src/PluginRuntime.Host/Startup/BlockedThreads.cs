namespace PluginRuntime.Host.Startup;

/// <summary>
/// Room for connectors that block their threads. The pool of threads adds only one or two a second once all of them are busy, so a few dozen
/// calls that block would hold up every request of every instance for as long. Threads are made when they are needed, not before.
/// </summary>
internal static class BlockedThreads
{
    // Blocked attempts hold connections, so there are never more of them than the host may have. Beyond this it is slow, not stuck.
    private const int Most = 256;

    /// <param name="connections">The most connections of all instances; 0 for no limit.</param>
    internal static void MakeRoom(int connections)
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(workers + (connections is 0 or > Most ? Most : connections), completions);
    }
}
