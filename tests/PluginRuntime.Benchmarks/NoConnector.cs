using System.Buffers;
using PluginRuntime.Sdk;

namespace PluginRuntime.Benchmarks;

/// <summary>A connector object that does as little as possible: what is measured is the host.</summary>
internal sealed class NoConnector : IConnector
{
    /// <summary>Completes at once.</summary>
    internal const string Sync = "sync";

    /// <summary>Suspends once.</summary>
    internal const string Suspending = "suspending";

    public IReadOnlyList<ConnectorAction> Actions { get; } =
        [new() { Id = Sync, Options = new() { Idempotent = true } }, new() { Id = Suspending, Options = new() { Idempotent = true } }];

    public ValueTask InitializeAsync(ConnectorContext context, CancellationToken cancellationToken) => default;

    public ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(new object());

    public ValueTask<ConnectionHealth> CheckAsync(object connection, CancellationToken cancellationToken) => new(ConnectionHealth.Healthy);

    public ValueTask CloseAsync(object connection, CancellationToken cancellationToken) => default;

    public ValueTask InvokeAsync(
        object connection, string action, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        output.Write("{}"u8);
        return action == Sync ? default : new(SuspendAsync());
    }

    public ValueTask DestroyAsync(CancellationToken cancellationToken) => default;

    private static async Task SuspendAsync() => await Task.Yield();
}
