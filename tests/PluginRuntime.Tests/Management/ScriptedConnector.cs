using System.Buffers;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Management;

/// <summary>A connector object whose members do what a test says. Its one action is <c>act</c>.</summary>
internal sealed class ScriptedConnector : IConnector
{
    internal Action<ConnectorContext> Init { get; init; } = _ => { };

    internal Func<IBufferWriter<byte>, CancellationToken, ValueTask> Act { get; init; } = (output, _) =>
    {
        output.Write("{}"u8);
        return default;
    };

    internal Func<ValueTask<object>> Open { get; init; } = () => new(new object());

    internal Action<object> Close { get; init; } = _ => { };

    internal Func<ValueTask> Destroy { get; init; } = () => default;

    public IReadOnlyList<ConnectorAction> Actions { get; } = [new() { Id = "act", Options = new() }];

    public ValueTask InitializeAsync(ConnectorContext context, CancellationToken cancellationToken)
    {
        Init(context);
        return default;
    }

    public ValueTask<object> OpenAsync(CancellationToken cancellationToken) => Open();

    public ValueTask<ConnectionHealth> CheckAsync(object connection, CancellationToken cancellationToken) => new(ConnectionHealth.Healthy);

    public ValueTask CloseAsync(object connection, CancellationToken cancellationToken)
    {
        Close(connection);
        return default;
    }

    public ValueTask InvokeAsync(
        object connection, string action, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken) =>
        Act(output, cancellationToken);

    public ValueTask DestroyAsync(CancellationToken cancellationToken) => Destroy();
}
