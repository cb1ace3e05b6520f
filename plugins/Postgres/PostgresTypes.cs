using System.Text;
using System.Text.Json;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>Writes PostgreSQL's text of a value as JSON. Types are known by their numbers in the catalogue, which never change.</summary>
internal static class PostgresTypes
{
    internal const uint Bytea = 17;

    /// <summary>Leaves room for what goes round it: readers of JSON stop at 64.</summary>
    private const int MaxJsonDepth = 48;

    private const uint Boolean = 16;
    private const uint Json = 114;
    private const uint JsonB = 3802;
    private const uint Date = 1082;
    private const uint Time = 1083;
    private const uint Timestamp = 1114;
    private const uint TimestampTz = 1184;
    private const uint TimeTz = 1266;

    /// <summary>bigint, smallint, integer, oid, real, double precision, numeric.</summary>
    private static readonly HashSet<uint> Numbers = [20, 21, 23, 26, 700, 701, 1700];

    /// <summary>Arrays by the type of their elements.</summary>
    private static readonly Dictionary<uint, uint> Arrays = new (uint Array, uint Element)[]
    {
        (1000, Boolean), (1001, Bytea), (1002, 18), (1003, 19), (1005, 21), (1007, 23), (1009, 25), (1014, 1042), (1015, 1043), (1016, 20),
        (1021, 700), (1022, 701), (1028, 26), (1041, 869), (651, 650), (1115, Timestamp), (1182, Date), (1183, Time), (1185, TimestampTz),
        (1187, 1186), (1231, 1700), (1270, TimeTz), (2951, 2950), (199, Json), (3807, JsonB),
    }.ToDictionary(each => each.Array, each => each.Element);

    internal static void Write(Utf8JsonWriter writer, uint type, ReadOnlySpan<byte> text)
    {
        if (Arrays.TryGetValue(type, out var element))
        {
            new ArrayText(writer, element).Write(text);
        }
        else if (Numbers.Contains(type))
        {
            WriteNumber(writer, text);
        }
        else
        {
            WriteOther(writer, type, text);
        }
    }

    private static void WriteOther(Utf8JsonWriter writer, uint type, ReadOnlySpan<byte> text)
    {
        switch (type)
        {
            case Boolean:
                writer.WriteBooleanValue(text is [(byte)'t', ..]);
                break;
            case Bytea:
                writer.WriteBase64StringValue(Convert.FromHexString(Encoding.ASCII.GetString(text[2..])));
                break;
            case Json or JsonB:
                WriteJson(writer, text);
                break;
            case Timestamp or TimestampTz:
                writer.WriteStringValue(IsoTime.Moment(Encoding.ASCII.GetString(text)));
                break;
            case TimeTz:
                writer.WriteStringValue(IsoTime.WithOffset(Encoding.ASCII.GetString(text)));
                break;
            default:
                writer.WriteStringValue(text);
                break;
        }
    }

    // JSON has neither NaN nor infinity.
    private static void WriteNumber(Utf8JsonWriter writer, ReadOnlySpan<byte> text)
    {
        if (char.IsAsciiDigit((char)text[^1]))
        {
            writer.WriteRawValue(text, skipInputValidation: true);
        }
        else
        {
            writer.WriteStringValue(text);
        }
    }

    /// <summary>What the type json holds may be JSON that readers stumble over: names twice, halves of surrogate pairs, great depth.</summary>
    private static void WriteJson(Utf8JsonWriter writer, ReadOnlySpan<byte> text)
    {
        if (IsPlain(text))
        {
            writer.WriteRawValue(text, skipInputValidation: true);
        }
        else
        {
            writer.WriteStringValue(text);
        }
    }

    private static bool IsPlain(ReadOnlySpan<byte> text)
    {
        try
        {
            _ = JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = MaxJsonDepth, AllowDuplicateProperties = false });
            var reader = new Utf8JsonReader(text);
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                {
                    _ = reader.GetString();
                }
            }

            return true;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
