using RabbitMQ.Client;

namespace PluginRuntime.Connectors.RabbitMq;

/// <summary>A channel that confirms, with one message under way at a time.</summary>
/// <remarks>RabbitMQ.Client can wait for the confirm by itself, and then adds a header of its own to each message.</remarks>
internal sealed class ConfirmedChannel : IAsyncDisposable
{
    private TaskCompletionSource? _underWay;
    private (ushort Code, string Text)? _returned;

    private ConfirmedChannel(IChannel channel)
    {
        Channel = channel;
        channel.BasicReturnAsync += (_, returned) =>
        {
            // A message that comes back is confirmed after it.
            _returned = (returned.ReplyCode, returned.ReplyText);
            return Task.CompletedTask;
        };
        channel.BasicAcksAsync += (_, _) =>
        {
            if (_returned is var (code, text))
            {
                _underWay?.TrySetException(RabbitMqFailure.OfReply(code, text, wasSent: false));
            }
            else
            {
                _underWay?.TrySetResult();
            }

            return Task.CompletedTask;
        };
        channel.BasicNacksAsync += (_, _) =>
        {
            _underWay?.TrySetException(new Sdk.ConnectorException(Sdk.ConnectorErrorKind.Unavailable, "The broker did not take the message over (nack)."));
            return Task.CompletedTask;
        };
        channel.ChannelShutdownAsync += (_, reason) =>
        {
            _underWay?.TrySetException(RabbitMqFailure.OfShutdown(reason, wasSent: true));
            return Task.CompletedTask;
        };
    }

    internal IChannel Channel { get; }

    internal bool IsOpen => Channel.IsOpen;

    internal static async Task<ConfirmedChannel> OpenAsync(IConnection connection, CancellationToken cancellationToken) =>
        new(await connection.CreateChannelAsync(new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false), cancellationToken));

    /// <exception cref="Sdk.ConnectorException">The broker gave the message back, refused it, or went away.</exception>
    internal async Task PublishAsync(Publication message, CancellationToken cancellationToken)
    {
        _returned = null;
        var underWay = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _underWay = underWay;
        try
        {
            await Channel.BasicPublishAsync(message.Exchange, message.RoutingKey, message.IsMandatory, message.Properties, message.Body, cancellationToken);
            if (Channel.CloseReason is { } reason)
            {
                // It may have closed before there was something under way to tell.
                underWay.TrySetException(RabbitMqFailure.OfShutdown(reason, wasSent: true));
            }

            await underWay.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            // What comes now nobody waits for.
            _underWay = null;
            _ = underWay.Task.Exception;
        }
    }

    public ValueTask DisposeAsync() => Channel.DisposeAsync();
}
