using Microsoft.Extensions.Logging;
using PluginRuntime.Manifests;

namespace PluginRuntime.Loading;

internal static partial class LoadingLog
{
    [LoggerMessage(3000, LogLevel.Debug, "Loaded {Package}")]
    internal static partial void Loaded(ILogger logger, PackageIdentity package);

    [LoggerMessage(3001, LogLevel.Debug, "Asked {Package} to unload")]
    internal static partial void UnloadRequested(ILogger logger, PackageIdentity package);

    [LoggerMessage(3002, LogLevel.Information, "{Package} is collected, {Elapsed} after its unload was requested")]
    internal static partial void Collected(ILogger logger, PackageIdentity package, TimeSpan elapsed);

    [LoggerMessage(3003, LogLevel.Warning, "{Package} is unloaded but still in memory after {Collections} collections: {HeldBy}")]
    internal static partial void Held(ILogger logger, PackageIdentity package, int collections, string heldBy);

    [LoggerMessage(3004, LogLevel.Warning, "{Package}: {Failure}")]
    internal static partial void HookFailed(ILogger logger, PackageIdentity package, string failure);

    [LoggerMessage(3005, LogLevel.Debug, "{Package}: the sweep removed {Removed}")]
    internal static partial void Swept(ILogger logger, PackageIdentity package, string removed);

    [LoggerMessage(3006, LogLevel.Warning, "The sweep cannot look everywhere on this runtime: {Missing}")]
    internal static partial void SweepIncomplete(ILogger logger, string missing);

    [LoggerMessage(3010, LogLevel.Debug, "Looking for what holds {Package}")]
    internal static partial void Searching(ILogger logger, PackageIdentity package);

    [LoggerMessage(3011, LogLevel.Debug, "{Package} went while what holds it was looked for")]
    internal static partial void GoneMeanwhile(ILogger logger, PackageIdentity package);

    [LoggerMessage(3009, LogLevel.Warning, "Unloading is not safe in this process: threads of the pool may end. Set {Setting} to -1 in its runtimeconfig.json, or {Variable}=-1 in its environment")]
    internal static partial void PoolThreadsEnd(ILogger logger, string setting, string variable);

    [LoggerMessage(3008, LogLevel.Error, "Telling what became of an unloaded context of {Connector} failed")]
    internal static partial void ListenerFailed(ILogger logger, string connector, Exception exception);

    [LoggerMessage(3007, LogLevel.Error, "An exception on a thread of {Package} was kept from ending the process: {Failure}")]
    internal static partial void UnhandledException(ILogger logger, string package, string failure);
}
