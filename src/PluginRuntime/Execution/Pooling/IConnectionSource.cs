using PluginRuntime.Sdk;

namespace PluginRuntime.Execution.Pooling;

/// <summary>Where a pool's connections come from. It honours its own deadlines, and throws only what is ours or a cancellation.</summary>
internal interface IConnectionSource
{
    ValueTask<object> OpenAsync(CancellationToken cancellationToken);

    ValueTask<ConnectionHealth> CheckAsync(object connection, CancellationToken cancellationToken);

    /// <summary>Called once for each connection that was opened.</summary>
    ValueTask CloseAsync(object connection, CancellationToken cancellationToken);
}
