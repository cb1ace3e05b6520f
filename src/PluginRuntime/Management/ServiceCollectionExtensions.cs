using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PluginRuntime;
using PluginRuntime.Management;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds a connector runtime to a program.</summary>
public static class PluginRuntimeServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IConnectorRuntime"/>, started and stopped with the program. Desired state is kept in files below the data directory,
    /// unless an <see cref="IStateStore"/> is registered before.
    /// </summary>
    /// <param name="services">The program's services.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddPluginRuntime(this IServiceCollection services, Action<PluginRuntimeOptions> configure)
    {
        var options = new PluginRuntimeOptions();
        configure(options);
        services.AddLogging();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IStateStore>(_ => new FileStateStore(Path.Combine(options.DataDirectory, "state"), options.SealKeyFile, options.OldSealKeyFiles));
        services.TryAddSingleton(provider => new ConnectorRuntime(
            options, provider.GetRequiredService<IStateStore>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILoggerFactory>()));
        services.TryAddSingleton<IConnectorRuntime>(provider => provider.GetRequiredService<ConnectorRuntime>());
        services.AddHostedService<RuntimeService>();
        return services;
    }

    private sealed class RuntimeService(ConnectorRuntime runtime) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => runtime.StartAsync(cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => runtime.ShutdownAsync(cancellationToken);
    }
}
