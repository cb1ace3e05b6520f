namespace PluginRuntime.Host.Startup;

/// <summary>Leaves signals to <see cref="StopSignal"/>: the web host would stop listening before balancers have heard of it.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
