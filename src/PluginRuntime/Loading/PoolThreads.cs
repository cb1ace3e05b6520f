namespace PluginRuntime.Loading;

/// <summary>
/// Whether the threads of the pool stay. .NET 10 destroys memory when a thread ends that has run a collected context's code: the slot of a
/// thread-static of that context may by then belong to a type of a living one, and what the end of the thread frees there is in use.
/// </summary>
internal static class PoolThreads
{
    /// <summary>The runtime's setting; -1 keeps every worker. Read by the runtime once, before the first of them starts.</summary>
    internal const string Setting = "System.Threading.ThreadPool.ThreadsToKeepAlive";

    /// <summary>The same in the environment, where it comes first.</summary>
    internal const string Variable = "DOTNET_ThreadPool_ThreadsToKeepAlive";

    internal static bool Stay => AreKept(AppContext.GetData(Setting), Environment.GetEnvironmentVariable(Variable));

    internal static bool AreKept(object? setting, string? variable) =>
        (variable ?? Convert.ToString(setting, System.Globalization.CultureInfo.InvariantCulture)) == "-1";
}
