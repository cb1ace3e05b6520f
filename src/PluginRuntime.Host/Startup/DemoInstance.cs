using System.Text.Json;
using PluginRuntime.Execution;
using PluginRuntime.Host.State;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Startup;

/// <summary>Gives a fresh state an instance to try the host with. A user may change or delete it; it does not come back.</summary>
internal static class DemoInstance
{
    private const string Name = "demo";

    internal static async Task SeedAsync(ConnectorRuntime runtime, SqlStateStore state, bool hasBuiltIns, CancellationToken cancellationToken)
    {
        if (await state.IsDemoDecidedAsync())
        {
            return;
        }

        if (hasBuiltIns)
        {
            try
            {
                await runtime.Editor.PutAsync(
                    Name, JsonElement.Parse("""{"connector":"demo"}"""u8), null, mustBeNew: true, isTrusted: true, dryRun: false, cancellationToken);
            }
            catch (Exception exception) when (exception is InstanceExistsException or InstanceReadOnlyException)
            {
                // A file defines one, or the host ended between this write and the next the last time.
            }
        }

        await state.DecideDemoAsync();
    }
}
