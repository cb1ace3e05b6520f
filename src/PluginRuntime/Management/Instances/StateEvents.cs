using PluginRuntime.Diagnostics;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// Tells operators of an instance's state, without its retries: an instance that fails over and over for one cause is told of once, and then
/// when it is connected or fails for another. Used under the instance's lock.
/// </summary>
internal sealed class StateEvents(string instance, EventTrail events)
{
    private (ConnectionState State, string? Code) _told = (ConnectionState.Disconnected, null);

    internal void Tell(ConnectionState before, ConnectionState now, InstanceError? error, PackageIdentity? live)
    {
        var code = now is ConnectionState.Error or ConnectionState.Reconnecting ? error?.Code : null;
        var isRetry = before == ConnectionState.Error && now == ConnectionState.Connecting;
        if (before == now || isRetry || _told == (now, code))
        {
            return;
        }

        var (from, to) = (Name(_told.State), Name(now));
        _told = (now, code);
        events.Publish(
            EventTypes.StateChanged,
            error is null ? $"It went from {from} to {to}." : $"It went from {from} to {to}: {error.Detail}",
            new()
            {
                Instance = instance,
                Connector = live?.Id,
                Version = live?.Version.ToString(),
                Code = error?.Code,
                Data = new Dictionary<string, string> { ["from"] = from, ["to"] = to },
            });
    }

    private static string Name(ConnectionState state) => state.ToString().ToLowerInvariant();
}
