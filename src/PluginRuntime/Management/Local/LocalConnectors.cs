using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;

namespace PluginRuntime.Management;

/// <summary>The connector objects of the embedding program, at the runtime's end.</summary>
internal static class LocalConnectors
{
    /// <summary>Ends each one, with a deadline. One that fails is logged and holds up no other.</summary>
    internal static async Task EndAsync(IEnumerable<Instance> instances, TimeProvider timeProvider, ILogger logger)
    {
        foreach (var instance in instances)
        {
            if (instance.Definition?.Local is not { } local)
            {
                continue;
            }

            try
            {
                await ForeignCall.RunAsync(
                    async token =>
                    {
                        await local.EndAsync(token).ConfigureAwait(false);
                        return true;
                    },
                    new CallSettings().HookTimeout,
                    timeProvider,
                    CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                logger.Notice(instance.Name, $"Its connector did not end well: {ForeignText.Describe(exception, Redaction.None)}");
            }
        }
    }
}
