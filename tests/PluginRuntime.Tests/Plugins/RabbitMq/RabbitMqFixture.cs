using System.Text.Json;
using PluginRuntime.Connectors.RabbitMq;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;
using PluginRuntime.Tests.Sdk;
using RabbitMQ.Client;

namespace PluginRuntime.Tests.Plugins.RabbitMq;

/// <summary>The connector with one connection open, and a connection past it to declare and look.</summary>
internal sealed class RabbitMqFixture : IAsyncDisposable
{
    private readonly IConnector _connector;
    private readonly IConnection _direct;
    private object? _connection;

    private RabbitMqFixture(IConnector connector, IConnection direct, IChannel channel)
    {
        _connector = connector;
        _direct = direct;
        Channel = channel;
    }

    /// <summary>Past the connector.</summary>
    internal IChannel Channel { get; }

    internal static async Task<RabbitMqFixture> CreateAsync(RabbitMqServer server, string username = RabbitMqServer.Username)
    {
        var direct = await new ConnectionFactory { HostName = RabbitMqServer.Host, Port = server.Port, UserName = RabbitMqServer.Username, Password = RabbitMqServer.Password }
            .CreateConnectionAsync();
        var fixture = new RabbitMqFixture(await ConnectorAsync(server.Port, username: username), direct, await direct.CreateChannelAsync());
        fixture._connection = await fixture._connector.OpenAsync(default);
        return fixture;
    }

    /// <summary>The connector, initialised, without a connection.</summary>
    internal static async Task<IConnector> ConnectorAsync(
        int port, object? settings = null, string? host = null, string username = RabbitMqServer.Username, string? password = RabbitMqServer.Password,
        IConnectorNetwork? network = null)
    {
        IConnector connector = new RabbitMqConnector();
        await connector.InitializeAsync(
            new()
            {
                Instance = "test",
                Version = "1.0.0",
                Host = host ?? RabbitMqServer.Host,
                Port = port,
                Settings = JsonSerializer.SerializeToUtf8Bytes(settings ?? new { }),
                Credentials = new BasicCredentials(username, password),
                Network = network ?? DirectNetwork.Instance,
            },
            default);
        return connector;
    }

    /// <returns>The name of a new queue that is gone with the fixture.</returns>
    internal async Task<string> QueueAsync(bool isExclusive = false, Dictionary<string, object?>? arguments = null)
    {
        var name = $"queue-{Guid.NewGuid():N}";
        await Channel.QueueDeclareAsync(name, durable: false, exclusive: isExclusive, autoDelete: false, arguments);
        return name;
    }

    /// <summary>Publishes past the connector, and has the broker's word that it is there: one channel's requests are answered in turn.</summary>
    internal async Task PutAsync(string queue, BasicProperties properties, byte[] body)
    {
        await Channel.BasicPublishAsync("", queue, mandatory: true, properties, body);
        await Channel.QueueDeclarePassiveAsync(queue);
    }

    internal Task<JsonElement> CallAsync(string action, object input, CancellationToken cancellationToken = default) =>
        _connector.CallAsync(_connection!, action, JsonSerializer.Serialize(input), cancellationToken);

    internal async Task<JsonElement[]> GetAsync(string queue, int count = 1, string ack = "auto") =>
        [.. (await CallAsync("get", new { queue, count, ack })).GetProperty("messages").EnumerateArray()];

    internal Task<JsonElement> PublishAsync(string queue, object? body) => CallAsync("publish", new { routingKey = queue, body });

    internal Task<ConnectorException> FailAsync(string action, object input) =>
        _connector.FailAsync(_connection!, action, input as string ?? JsonSerializer.Serialize(input));

    internal ValueTask<ConnectionHealth> CheckAsync(CancellationToken cancellationToken = default) => _connector.CheckAsync(_connection!, cancellationToken);

    /// <summary>Does what a pool does with a connection that it drops.</summary>
    internal async Task ReconnectAsync()
    {
        await _connector.CloseAsync(_connection!, default);
        _connection = await _connector.OpenAsync(default);
    }

    public async ValueTask DisposeAsync()
    {
        await _connector.CloseAsync(_connection!, default);
        await _connector.DestroyAsync(default);
        await _direct.CloseAsync(Constants.ReplySuccess, "Closed", TimeSpan.FromSeconds(5), abort: true, CancellationToken.None);
        await Channel.DisposeAsync();
        await _direct.DisposeAsync();
    }
}
