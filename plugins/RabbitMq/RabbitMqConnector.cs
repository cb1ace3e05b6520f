using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.RabbitMq;

/// <summary>Publishes messages to one virtual host of a RabbitMQ broker, and gets them from its queues.</summary>
/// <remarks>A pooled connection is one AMQP connection with one channel that confirms what is published.</remarks>
[Connector(
    "rabbitmq", Name = "RabbitMQ", Category = "messaging", Description = "Publishes messages to a RabbitMQ broker, and gets them from its queues.",
    Auth = CredentialTypes.Basic, Settings = typeof(RabbitMqSettings))]
public sealed class RabbitMqConnector : Connector<RabbitMqSession>
{
    private BrokerConnections? _connections;

    /// <summary>Declares the actions.</summary>
    public RabbitMqConnector()
        : base(RabbitMqJson.Default)
    {
        Action<PublishInput, PublishOutput>(
            "publish",
            async (session, input, token) =>
            {
                await session.PublishAsync(Publication.Of(input), token);
                return new(Confirmed: true);
            },
            new() { Description = "Publishes one message, and waits until the broker has taken it over." });
        Action<GetInput, GetOutput>(
            "get", (session, input, token) => new(session.GetAsync(input, token)),
            new() { Description = "Gets messages from a queue, as many as there are. One that is got may come again (at least once)." });
        Action<QueueInput, QueueOutput>(
            "queue", (session, input, token) => new(session.LookAtAsync(input.Queue, token)),
            new() { Description = "Tells how many messages and consumers a queue has.", Idempotent = true });
    }

    /// <inheritdoc />
    protected override ValueTask OnInitAsync(CancellationToken cancellationToken)
    {
        _connections = new(Context);
        return default;
    }

    /// <inheritdoc />
    protected override ValueTask<RabbitMqSession> OpenAsync(CancellationToken cancellationToken) => _connections!.OpenAsync(cancellationToken);

    /// <inheritdoc />
    protected override async ValueTask<ConnectionHealth> CheckAsync(RabbitMqSession connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.PingAsync(cancellationToken);
            return ConnectionHealth.Healthy;
        }
        catch (ConnectorException exception)
        {
            return ConnectionHealth.Unhealthy(exception.Message);
        }
    }

    /// <inheritdoc />
    protected override ValueTask CloseAsync(RabbitMqSession connection, CancellationToken cancellationToken) => connection.DisposeAsync();
}
