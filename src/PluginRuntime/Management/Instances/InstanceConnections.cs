using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Management;

/// <summary>Puts instances into and out of service, one or all, and waits until their workers have done what they can about it.</summary>
internal sealed class InstanceConnections(InstanceRegistry registry, InstanceEditor editor, SwapOrders orders, OperationLog operations)
{
    private const int Tries = 10;

    /// <summary>Makes the wish durable and waits for the pass that follows it.</summary>
    /// <exception cref="InstanceUnknownException">There is no such instance.</exception>
    /// <exception cref="PluginRuntimeException">The wish is refused, or cannot be saved.</exception>
    internal async Task<InstanceStatus> EnableAsync(string name, bool isEnabled, CancellationToken cancellationToken)
    {
        var isNews = await WishAsync(name, isEnabled, cancellationToken).ConfigureAwait(false);
        var instance = Find(name);

        // What is wanted already may have failed a while ago, so that it is tried once more.
        await (isNews ? instance.Settled : instance.PassAsync()).WaitAsync(cancellationToken).ConfigureAwait(false);
        return instance.Status();
    }

    /// <summary>The same for every instance that is meant, by its name; refusals are results.</summary>
    internal async Task<IReadOnlyList<ConnectionResult>> EnableAllAsync(Func<string, bool> isMeant, bool isEnabled, CancellationToken cancellationToken) =>
        await Task.WhenAll(Defined(isMeant).Select(instance => TryEnableAsync(instance.Name, isEnabled, cancellationToken))).ConfigureAwait(false);

    /// <summary>Rebuilds every one of these instances that is to serve, and waits for the ends.</summary>
    internal async Task<IReadOnlyList<OperationSnapshot>> ReconnectAllAsync(Func<string, bool> isMeant, CancellationToken cancellationToken) =>
        await Task.WhenAll(Defined(isMeant).Where(instance => instance.Definition?.Config is not { Enabled: false })
            .Select(instance => Reconnect(instance).Ended.WaitAsync(cancellationToken))).ConfigureAwait(false);

    private async Task<ConnectionResult> TryEnableAsync(string name, bool isEnabled, CancellationToken cancellationToken)
    {
        try
        {
            return new(name, await EnableAsync(name, isEnabled, cancellationToken).ConfigureAwait(false), null);
        }
        catch (PluginRuntimeException refusal)
        {
            return new(name, null, refusal);
        }
    }

    private Operation Reconnect(Instance instance)
    {
        try
        {
            return orders.Reconnect(instance.Name);
        }
        catch (PluginRuntimeException refusal)
        {
            var operation = operations.Begin("reconnect", instance.Name, instance.Slot.Live?.Identity.Version.ToString());
            operation.Fail(refusal.Code, refusal.Message);
            return operation;
        }
    }

    /// <summary>Changes the one key, again when somebody else changes the configuration in between.</summary>
    /// <returns>Whether there was anything to change.</returns>
    private async Task<bool> WishAsync(string name, bool isEnabled, CancellationToken cancellationToken)
    {
        for (var tried = 1; ; tried++)
        {
            var current = Find(name).Definition ?? throw new InstanceUnknownException(name);
            if (current.Config is { } config && config.Enabled == isEnabled)
            {
                return false;
            }

            if (current.Origin != DefinitionOrigin.Api)
            {
                throw new InstanceReadOnlyException(name, current.Origin);
            }

            if (JsonNode.Parse(current.Json.Span) is not JsonObject wanted)
            {
                throw new ConfigInvalidException(name, current.Errors);
            }

            wanted["enabled"] = isEnabled;
            try
            {
                await editor.PatchAsync(
                    name, JsonSerializer.SerializeToElement(wanted), JsonElement.Parse("{}"), current.Revision, current.IsTrusted, dryRun: false, cancellationToken)
                    .ConfigureAwait(false);
                return true;
            }
            catch (RevisionMismatchException) when (tried < Tries)
            {
                // The key is set in what the other change left.
            }
        }
    }

    private List<Instance> Defined(Func<string, bool> isMeant) => [.. registry.All.Where(instance => instance.Definition is not null && isMeant(instance.Name))];

    private Instance Find(string name) => registry.Find(name) ?? throw new InstanceUnknownException(name);
}
