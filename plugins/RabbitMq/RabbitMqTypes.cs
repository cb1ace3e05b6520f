using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace PluginRuntime.Connectors.RabbitMq;

internal sealed record PublishInput(
    [property: MaxLength(255), Description("The routing key; for the default exchange, the queue's name.")] string RoutingKey,
    [property: MaxLength(255), Description("The exchange. Default: the default exchange, which leads to the queue that the routing key names.")] string Exchange = "",
    [property: MinLength(1), MaxLength(255), Description("The media type. Default: application/json for JSON, application/octet-stream for bytes.")]
    string? ContentType = null,
    [property: Description("Headers: strings, numbers, booleans, null, and arrays and objects of these.")] IReadOnlyDictionary<string, JsonElement>? Headers = null,
    [property: Description("Whether a durable queue keeps the message over a restart of the broker.")] bool Persistent = true,
    [property: Description("True: a message that no queue takes fails with 'not-found'. False: it is dropped, and confirmed.")] bool Mandatory = true,
    [property: MaxLength(255), Description(Texts.MessageId)] string? MessageId = null,
    [property: Range(0, uint.MaxValue), Description(Texts.Expiration)] long? Expiration = null,
    [property: Range(0, 255), Description(Texts.Priority)] int? Priority = null,
    [property: MaxLength(255), Description(Texts.CorrelationId)] string? CorrelationId = null,
    [property: MaxLength(255), Description(Texts.ReplyTo)] string? ReplyTo = null,
    [property: MaxLength(255), Description(Texts.Type)] string? Type = null)
{
    /// <summary>No parameter: the schema of one that may be anything and has a default loses its description.</summary>
    [Description("The body. { \"base64\": … }: bytes. A string, where 'contentType' is given: the text in UTF-8. Everything else: JSON. Default: empty.")]
    public JsonElement? Body { get; init; }
}

internal sealed record PublishOutput([property: Description("True: the broker has taken the message over.")] bool Confirmed);

internal sealed record GetInput(
    [property: MinLength(1), MaxLength(255), Description(Texts.Queue)] string Queue,
    [property: Range(1, GetInput.HighestCount), Description("The most messages to get. Fewer come when the queue has no more.")] int Count = 1,
    [property: AllowedValues(GetInput.Auto, GetInput.Requeue), Description("'auto': once all have been read they are taken from the queue. 'requeue': they stay in the queue, marked as redelivered.")]
    string Ack = GetInput.Auto)
{
    internal const int HighestCount = 100;
    internal const string Auto = "auto";
    internal const string Requeue = "requeue";
}

internal sealed record GetOutput(
    [property: Description("In the order of the queue.")] IReadOnlyList<Message> Messages,
    [property: Description("True: the next message would have gone beyond the most bytes of one call, and is in the queue still.")] bool Truncated,
    [property: Description("How many more messages were ready in the queue when the last one was read.")] long Remaining);

internal sealed record Message(
    [property: Description("The exchange that it was published to; empty for the default exchange.")] string Exchange,
    [property: Description("The routing key that it was published with.")] string RoutingKey,
    [property: Description("Whether it was given to somebody before.")] bool Redelivered,
    [property: Description("What 'body' is: none, json, text or base64.")] string BodyType,
    [property: Description("The body: null, the JSON, a string, or { \"base64\": … }.")] JsonElement? Body,
    [property: Description("The media type; null when the message has none.")] string? ContentType,
    [property: Description("The encoding; null when the message has none.")] string? ContentEncoding,
    [property: Description("The headers; null when the message has none. Times are ISO 8601, bytes that are no text { \"base64\": … }.")] JsonElement? Headers,
    [property: Description("Whether a durable queue keeps it over a restart of the broker.")] bool Persistent,
    [property: Description(Texts.MessageId)] string? MessageId,
    [property: Description(Texts.Expiration)] long? Expiration,
    [property: Description(Texts.Priority)] int? Priority,
    [property: Description(Texts.CorrelationId)] string? CorrelationId,
    [property: Description(Texts.ReplyTo)] string? ReplyTo,
    [property: Description(Texts.Type)] string? Type,
    [property: Description("When the publisher says that it was made. ISO 8601, UTC.")] DateTimeOffset? Timestamp,
    [property: Description("The publisher's application.")] string? AppId,
    [property: Description("The publisher's user, checked by the broker.")] string? UserId);

internal sealed record QueueInput([property: MinLength(1), MaxLength(255), Description(Texts.Queue)] string Queue);

internal sealed record QueueOutput(
    [property: Description(Texts.Queue)] string Queue,
    [property: Description("How many messages are ready. Those that a consumer has and did not acknowledge are not counted.")] long Messages,
    [property: Description("How many consumers the queue has.")] long Consumers);

/// <summary>Descriptions that more than one type needs.</summary>
internal static class Texts
{
    internal const string Queue = "The queue's name.";
    internal const string MessageId = "The message's id, as its publisher gives it.";
    internal const string Expiration = "After how many milliseconds in a queue the message is dropped. Null: never.";
    internal const string Priority = "The priority, for queues that have priorities.";
    internal const string CorrelationId = "What belongs together: the id of a request in its answer.";
    internal const string ReplyTo = "Where an answer is expected: most often a queue.";
    internal const string Type = "The publisher's name for the kind of message.";
}
