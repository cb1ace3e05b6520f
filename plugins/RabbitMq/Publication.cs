using System.Globalization;
using System.Text;
using RabbitMQ.Client;

namespace PluginRuntime.Connectors.RabbitMq;

/// <summary>One message to publish, checked.</summary>
internal sealed record Publication(string Exchange, string RoutingKey, bool IsMandatory, BasicProperties Properties, byte[] Body)
{
    /// <summary>What a short string of AMQP holds.</summary>
    private const int MaxNameBytes = 255;

    /// <exception cref="Sdk.ConnectorException">It cannot be a message.</exception>
    internal static Publication Of(PublishInput input)
    {
        var (body, contentType) = MessageBody.From(input.Body, input.ContentType);
        return new(
            Checked(input.Exchange, "exchange")!,
            Checked(input.RoutingKey, "routingKey")!,
            input.Mandatory,
            new()
            {
                ContentType = Checked(contentType, "contentType"),
                Headers = HeaderTable.From(input.Headers),
                Persistent = input.Persistent,
                MessageId = Checked(input.MessageId, "messageId"),
                CorrelationId = Checked(input.CorrelationId, "correlationId"),
                ReplyTo = Checked(input.ReplyTo, "replyTo"),
                Type = Checked(input.Type, "type"),
                Expiration = input.Expiration?.ToString(CultureInfo.InvariantCulture),
                Priority = (byte)(input.Priority ?? 0),
            },
            body);
    }

    private static string? Checked(string? text, string name) => text is null || Encoding.UTF8.GetByteCount(text) <= MaxNameBytes
        ? text
        : throw RabbitMqFailure.Input($"'{name}' has more than {MaxNameBytes} bytes in UTF-8.");
}
