using System.Buffers;
using System.Text;
using PluginRuntime.Sdk;
using RabbitMQ.Client;

namespace Fixtures.UsesRabbitMq;

/// <summary>Uses RabbitMQ.Client as far as that goes without a broker: its settings, and the properties of a message.</summary>
[Connector("uses-rabbitmq", Category = "test")]
public sealed class UsesRabbitMqConnector : Connector<ConnectionFactory>
{
    /// <summary>Declares the action.</summary>
    public UsesRabbitMqConnector() => RawAction("use", UseAsync, new() { Idempotent = true });

    /// <inheritdoc />
    protected override ValueTask<ConnectionFactory> OpenAsync(CancellationToken cancellationToken) =>
        new(new ConnectionFactory { Uri = new Uri("amqp://guest:guest@broker:5671/books") });

    /// <inheritdoc />
    protected override ValueTask CloseAsync(ConnectionFactory connection, CancellationToken cancellationToken) => default;

    private static ValueTask UseAsync(
        ConnectionFactory connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var properties = new BasicProperties { DeliveryMode = DeliveryModes.Persistent };
        var right = connection is { VirtualHost: "books", Endpoint: { HostName: "broker", Port: 5671 } } && properties.Persistent;
        output.Write(Encoding.UTF8.GetBytes(right ? "1" : "0"));
        return default;
    }
}
