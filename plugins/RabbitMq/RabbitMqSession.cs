using System.Globalization;
using PluginRuntime.Sdk;
using RabbitMQ.Client;

namespace PluginRuntime.Connectors.RabbitMq;

/// <summary>One connection to the broker with one channel. A channel that the broker closes, as it does to refuse, is replaced.</summary>
public sealed class RabbitMqSession : IAsyncDisposable
{
    /// <summary>How long a broker may take to let a connection be closed in order.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(2);

    private readonly IConnection _connection;
    private readonly OpenedSocket _socket;
    private readonly TimeProvider _timeProvider;
    private ConfirmedChannel? _channel;
    private bool _isBroken;

    private RabbitMqSession(IConnection connection, OpenedSocket socket, TimeProvider timeProvider)
    {
        _connection = connection;
        _socket = socket;
        _timeProvider = timeProvider;
    }

    /// <summary>Closes the connection. Does not wait for a broker that does not answer.</summary>
    public async ValueTask DisposeAsync()
    {
        using var bound = new CancellationTokenSource(_patience, _timeProvider);
        await using var registration = bound.Token.UnsafeRegister(static state => ((OpenedSocket)state!).Close(), _socket);
        if (_isBroken)
        {
            _socket.Close();
        }

        await _connection.CloseAsync(Constants.ReplySuccess, "Closed", _patience, abort: true, CancellationToken.None);
        if (_channel is { } channel)
        {
            await channel.DisposeAsync();
        }

        await _connection.DisposeAsync();
        _socket.Close();
    }

    internal static async ValueTask<RabbitMqSession> CreateAsync(
        IConnection connection, OpenedSocket socket, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var session = new RabbitMqSession(connection, socket, timeProvider);
        try
        {
            session._channel = await ConfirmedChannel.OpenAsync(connection, cancellationToken);
            return session;
        }
        catch
        {
            session._isBroken = true;
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>One round trip that asks for no right and changes nothing.</summary>
    internal Task PingAsync(CancellationToken cancellationToken) => RunAsync(
        async channel =>
        {
            await channel.Channel.BasicQosAsync(0, 0, global: false, cancellationToken);
            return true;
        },
        () => false,
        cancellationToken);

    /// <summary>Publishes, and waits until the broker has taken the message over.</summary>
    internal Task PublishAsync(Publication message, CancellationToken cancellationToken)
    {
        var wasSent = false;
        return RunAsync(
            async channel =>
            {
                wasSent = true;
                await channel.PublishAsync(message, cancellationToken);
                return true;
            },
            () => wasSent,
            cancellationToken);
    }

    /// <summary>
    /// Gets messages, and acknowledges them together when all have been read. What fails before has taken nothing: the broker
    /// gives what is not acknowledged to the next one who asks.
    /// </summary>
    internal Task<GetOutput> GetAsync(GetInput input, CancellationToken cancellationToken) => RunAsync(
        async channel =>
        {
            var messages = new List<Message>();
            var (bytes, last, remaining, isTruncated) = (0L, 0UL, 0L, false);
            while (messages.Count < input.Count && await channel.Channel.BasicGetAsync(input.Queue, autoAck: false, cancellationToken) is { } got)
            {
                bytes += got.Body.Length;
                if (bytes > MessageBody.MaxBytes)
                {
                    await channel.Channel.BasicNackAsync(got.DeliveryTag, multiple: false, requeue: true, cancellationToken);
                    isTruncated = messages.Count > 0
                        ? true
                        : throw RabbitMqFailure.Input($"The next message has {got.Body.Length} bytes, and one call gets at most {MessageBody.MaxBytes}. It is in the queue still.");
                    remaining = got.MessageCount + 1;
                    break;
                }

                messages.Add(Read(got));
                (last, remaining) = (got.DeliveryTag, got.MessageCount);
            }

            if (last > 0)
            {
                await (input.Ack == GetInput.Auto
                    ? channel.Channel.BasicAckAsync(last, multiple: true, cancellationToken)
                    : channel.Channel.BasicNackAsync(last, multiple: true, requeue: true, cancellationToken));
            }

            return new GetOutput(messages, isTruncated, remaining);
        },
        () => false,
        cancellationToken);

    internal Task<QueueOutput> LookAtAsync(string queue, CancellationToken cancellationToken) => RunAsync(
        async channel =>
        {
            var found = await channel.Channel.QueueDeclarePassiveAsync(queue, cancellationToken);
            return new QueueOutput(found.QueueName, found.MessageCount, found.ConsumerCount);
        },
        () => false,
        cancellationToken);

    private static Message Read(BasicGetResult got)
    {
        var properties = got.BasicProperties;
        var (type, body) = MessageBody.Read(got.Body, properties.ContentType, properties.ContentEncoding);
        return new(
            got.Exchange,
            got.RoutingKey,
            got.Redelivered,
            type,
            body,
            properties.ContentType,
            properties.ContentEncoding,
            HeaderTable.Read(properties.Headers),
            properties.Persistent,
            properties.MessageId,
            long.TryParse(properties.Expiration, NumberStyles.None, CultureInfo.InvariantCulture, out var expiration) ? expiration : null,
            properties.IsPriorityPresent() ? properties.Priority : null,
            properties.CorrelationId,
            properties.ReplyTo,
            properties.Type,
            properties.IsTimestampPresent() ? HeaderTable.Time(properties.Timestamp) : null,
            properties.AppId,
            properties.UserId);
    }

    /// <exception cref="ConnectorException">The work failed.</exception>
    private async Task<T> RunAsync<T>(Func<ConfirmedChannel, Task<T>> work, Func<bool> wasSent, CancellationToken cancellationToken)
    {
        try
        {
            return await work(await ChannelAsync(cancellationToken));
        }
        catch (Exception exception) when (exception is OperationCanceledException || RabbitMqFailure.IsOfBroker(exception))
        {
            _isBroken |= !_connection.IsOpen || exception is OperationCanceledException or TimeoutException;
            cancellationToken.ThrowIfCancellationRequested();
            throw RabbitMqFailure.Of(exception, wasSent());
        }
    }

    private async ValueTask<ConfirmedChannel> ChannelAsync(CancellationToken cancellationToken)
    {
        if (_isBroken || !_connection.IsOpen)
        {
            throw new ConnectorException(ConnectorErrorKind.Unavailable, "The connection was lost before.", wasSent: false);
        }

        if (_channel is { IsOpen: true } open)
        {
            return open;
        }

        if (_channel is { } closed)
        {
            _channel = null;
            await closed.DisposeAsync();
        }

        return _channel = await ConfirmedChannel.OpenAsync(_connection, cancellationToken);
    }
}
