using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace PluginRuntime.Sdk;

/// <summary>A typed handler behind the one door of bytes.</summary>
internal sealed class TypedAction<TConnection, TInput, TOutput>(
    JsonTypeInfo<TInput> inputType,
    JsonTypeInfo<TOutput> outputType,
    Func<TConnection, TInput, CancellationToken, ValueTask<TOutput>> handler)
{
    internal ValueTask InvokeAsync(
        TConnection connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        TInput? value;
        try
        {
            value = JsonSerializer.Deserialize(input.Span, inputType);
        }
        catch (JsonException exception)
        {
            throw new ConnectorException(
                ConnectorErrorKind.Input, $"The input does not fit at {exception.Path ?? "$"}.", wasSent: false, innerException: exception);
        }

        if (value is null)
        {
            throw new ConnectorException(ConnectorErrorKind.Input, "The input is null.", wasSent: false);
        }

        var pending = handler(connection, value, cancellationToken);
        if (!pending.IsCompletedSuccessfully)
        {
            return AwaitAsync(pending, output);
        }

        Write(pending.Result, output);
        return default;
    }

    private async ValueTask AwaitAsync(ValueTask<TOutput> pending, IBufferWriter<byte> output) =>
        Write(await pending.ConfigureAwait(false), output);

    private void Write(TOutput value, IBufferWriter<byte> output)
    {
        using var writer = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(writer, value, outputType);
    }
}
