using System.Text.Json;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>Writes PostgreSQL's text of an array, <c>{1,NULL,"a b"}</c>, as a JSON array. Bounds other than from 1 on are left out.</summary>
internal readonly struct ArrayText(Utf8JsonWriter writer, uint element)
{
    internal void Write(ReadOnlySpan<byte> text)
    {
        // [0:2]={…} names its bounds.
        var at = text[0] == (byte)'[' ? text.IndexOf((byte)'=') + 1 : 0;
        var value = new byte[text.Length];
        while (at < text.Length)
        {
            switch (text[at])
            {
                case (byte)'{':
                    writer.WriteStartArray();
                    at++;
                    break;
                case (byte)'}':
                    writer.WriteEndArray();
                    at++;
                    break;
                case (byte)',':
                    at++;
                    break;
                case (byte)'"':
                    at = Quoted(text, at + 1, value);
                    break;
                default:
                    at = Plain(text, at);
                    break;
            }
        }
    }

    private int Quoted(ReadOnlySpan<byte> text, int at, byte[] value)
    {
        var length = 0;
        for (; text[at] != (byte)'"'; at++)
        {
            if (text[at] == (byte)'\\')
            {
                at++;
            }

            value[length++] = text[at];
        }

        PostgresTypes.Write(writer, element, value.AsSpan(0, length));
        return at + 1;
    }

    private int Plain(ReadOnlySpan<byte> text, int at)
    {
        var rest = text[at..];
        var length = rest.IndexOfAny((byte)',', (byte)'}');
        var value = rest[..length];
        if (value.SequenceEqual("NULL"u8))
        {
            writer.WriteNullValue();
        }
        else
        {
            PostgresTypes.Write(writer, element, value);
        }

        return at + length;
    }
}
