using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Sdk;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>The connector objects of the embedding program: how they come, and how they go.</summary>
internal static class LocalConnectors
{
    /// <summary>Makes an instance of a connector object, and waits until it takes calls.</summary>
    /// <exception cref="ConfigInvalidException">Its configuration is wrong.</exception>
    /// <exception cref="InstanceExistsException">The name is taken.</exception>
    /// <exception cref="InstanceUnavailableException">It cannot be brought up; it is gone again.</exception>
    internal static async Task RegisterAsync(
        InstanceRegistry registry, IConnector connector, RegistrationOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(connector);
        var local = new LocalConnector(connector, options.Id, SemanticVersion.Parse(options.Version));
        var name = options.Instance ?? local.Manifest.Id;
        var definition = Definitions.ForLocal(name, local, options.Config);
        if (definition.Errors.Count > 0)
        {
            throw new ConfigInvalidException(name, definition.Errors);
        }

        if (!registry.TryAdd(DefinitionOrigin.Code, name, definition) || registry.Find(name) is not { } instance)
        {
            throw new InstanceExistsException(name);
        }

        await instance.FirstPass.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (instance.Slot.Live is null)
        {
            var error = instance.LastError;
            await UnregisterAsync(registry, instance, CancellationToken.None).ConfigureAwait(false);
            throw new InstanceUnavailableException(name, error?.Detail ?? "it was taken away meanwhile.");
        }
    }

    /// <summary>Takes an instance of a connector object away, and ends the object.</summary>
    /// <exception cref="InstanceUnknownException">It is none of a connector object.</exception>
    internal static async Task UnregisterAsync(InstanceRegistry registry, Instance instance, CancellationToken cancellationToken)
    {
        if (instance.Definition?.Local is not { } local)
        {
            throw new InstanceUnknownException(instance.Name);
        }

        registry.Set(DefinitionOrigin.Code, instance.Name, null);
        await instance.StopAsync("it was unregistered.").WaitAsync(cancellationToken).ConfigureAwait(false);
        await local.EndAsync(cancellationToken).ConfigureAwait(false);
    }

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
