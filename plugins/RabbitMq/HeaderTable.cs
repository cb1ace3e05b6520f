using System.Collections;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using RabbitMQ.Client;

namespace PluginRuntime.Connectors.RabbitMq;

/// <summary>The headers of a message, as JSON and as AMQP's table.</summary>
internal static class HeaderTable
{
    /// <summary>All headers travel in one frame, of 128 KiB where nobody changed that.</summary>
    private const int MaxLength = 64 * 1024;

    private const int MaxNameBytes = 255;

    /// <exception cref="Sdk.ConnectorException">They cannot be headers.</exception>
    internal static Dictionary<string, object?>? From(IReadOnlyDictionary<string, JsonElement>? headers)
    {
        if (headers is not { Count: > 0 })
        {
            return null;
        }

        return headers.Sum(header => header.Key.Length + (long)header.Value.GetRawText().Length) <= MaxLength
            ? headers.ToDictionary(header => Name(header.Key), header => Value(header.Value))
            : throw RabbitMqFailure.Input($"'headers' are longer than {MaxLength} characters.");
    }

    /// <returns>Null for none.</returns>
    internal static JsonElement? Read(IDictionary<string, object?>? headers) =>
        headers is { Count: > 0 } ? MessageBody.Write(writer => WriteTable(writer, headers)) : null;

    private static string Name(string name) => Encoding.UTF8.GetByteCount(name) <= MaxNameBytes
        ? name
        : throw RabbitMqFailure.Input($"A name in 'headers' has more than {MaxNameBytes} bytes in UTF-8.");

    private static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => value.TryGetInt64(out var whole) ? (object)whole : value.GetDouble(),
        JsonValueKind.Array => value.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.Object => value.EnumerateObject().ToDictionary(member => Name(member.Name), member => Value(member.Value)),
        _ => Text(value),
    };

    private static string Text(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw RabbitMqFailure.Input("A value in 'headers' is no valid Unicode text.");
        }
    }

    private static void WriteTable(Utf8JsonWriter writer, IDictionary<string, object?> table)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in table)
        {
            writer.WritePropertyName(name);
            WriteValue(writer, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool truth:
                writer.WriteBooleanValue(truth);
                break;
            case byte[] bytes when Utf8.IsValid(bytes):
                writer.WriteStringValue(bytes);
                break;
            case byte[] bytes:
                MessageBody.Base64(bytes).WriteTo(writer);
                break;
            case BinaryTableValue binary:
                MessageBody.Base64(binary.Bytes).WriteTo(writer);
                break;
            case AmqpTimestamp time:
                writer.WriteStringValue(Time(time)?.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture));
                break;
            case IDictionary<string, object?> table:
                WriteTable(writer, table);
                break;
            case IList list:
                writer.WriteStartArray();
                foreach (var item in list)
                {
                    WriteValue(writer, item);
                }

                writer.WriteEndArray();
                break;
            case double number when !double.IsFinite(number):
                writer.WriteStringValue(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
                break;
            case float number when !float.IsFinite(number):
                writer.WriteStringValue(number.ToString(System.Globalization.CultureInfo.InvariantCulture));
                break;
            case double or float or decimal or long or int or short or sbyte or byte or ushort or uint:
                writer.WriteRawValue(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture)!);
                break;
            default:
                writer.WriteStringValue(Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture));
                break;
        }
    }

    /// <returns>Null when it is no time that .NET knows.</returns>
    internal static DateTimeOffset? Time(AmqpTimestamp time) =>
        time.UnixTime >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && time.UnixTime <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(time.UnixTime)
            : null;
}
