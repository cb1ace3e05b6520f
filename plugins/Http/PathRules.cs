using System.Buffers;
using System.Globalization;
using System.Text;

namespace PluginRuntime.Connectors.Http;

/// <summary>
/// Which paths stay where they seem to be, whatever the server makes of them: some decode twice, cut a segment at ';', take '\' for '/', or
/// fold look-alikes of dot and slash.
/// </summary>
internal static class PathRules
{
    internal const int MaxLength = 4096;

    /// <summary>How many times a server may decode. Nobody honest encodes as often.</summary>
    private const int MaxRounds = 8;

    private static readonly SearchValues<char> _plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/");

    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What a path looks like in a request: as it was given, and percent-encoded where it was not.</summary>
    /// <returns>Null, and the reason as the end of a sentence, when it is not accepted.</returns>
    internal static string? ToWire(string path, out string? problem)
    {
        var wire = Encode(path, out problem);
        if (wire is null || problem is not null)
        {
            return null;
        }

        problem = FindEscape(wire);
        return problem is null ? wire : null;
    }

    private static string? Encode(string path, out string? problem)
    {
        problem = path switch
        {
            { Length: > MaxLength } => $"has more than {MaxLength} characters",
            ['/', ..] or "" => null,
            _ => "must begin with '/', or be empty",
        };
        if (problem is not null)
        {
            return null;
        }

        var wire = new StringBuilder(path.Length);
        var rest = path.AsSpan();
        Span<byte> bytes = stackalloc byte[4];
        while (!rest.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var length) != OperationStatus.Done)
            {
                problem = "holds half of a surrogate pair";
                return null;
            }

            switch (rune.Value)
            {
                case '?' or '#':
                    problem = "holds a '?' or '#': a query goes into 'query', and in a segment they are %3F and %23";
                    return null;
                case '%' when rest.Length < 3 || !char.IsAsciiHexDigit(rest[1]) || !char.IsAsciiHexDigit(rest[2]):
                    problem = "holds a '%' that no two hexadecimal digits follow: for itself it is %25";
                    return null;
                case '%':
                case < 0x80 when _plain.Contains((char)rune.Value):
                    wire.Append((char)rune.Value);
                    break;
                default:
                    foreach (var octet in bytes[..rune.EncodeToUtf8(bytes)])
                    {
                        wire.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
                    }

                    break;
            }

            rest = rest[length..];
        }

        return wire.ToString();
    }

    /// <summary>Looks at the path as it is, and as it is after each further decoding.</summary>
    private static string? FindEscape(string wire)
    {
        var bytes = Encoding.ASCII.GetBytes(wire);
        for (var round = 0; round <= MaxRounds; round++)
        {
            string text;
            try
            {
                text = _utf8.GetString(bytes);
            }
            catch (DecoderFallbackException)
            {
                return "is not UTF-8 once it is decoded";
            }

            if (FindEscapeOnce(text) is { } problem)
            {
                return problem;
            }

            var decoded = Decode(bytes);
            if (decoded.Length == bytes.Length)
            {
                return null;
            }

            bytes = decoded;
        }

        return $"is encoded more than {MaxRounds} times over";
    }

    private static string? FindEscapeOnce(string text)
    {
        if (text.Any(char.IsControl))
        {
            return "holds a control character";
        }

        if (text.Contains('\\', StringComparison.Ordinal))
        {
            return @"holds a '\', which some servers take for '/'";
        }

        var folded = string.Concat(text.Select(Fold));
        if (folded.StartsWith("//", StringComparison.Ordinal))
        {
            return "begins with '//', which names another host elsewhere";
        }

        return folded.Split('/').Any(IsDots) ? "holds a segment of dots, such as '.' and '..'" : null;
    }

    private static bool IsDots(string segment)
    {
        var end = segment.AsSpan().IndexOfAny(';', '?', '#');
        var name = (end < 0 ? segment : segment.AsSpan(0, end)).Trim();
        return !name.IsEmpty && !name.ContainsAnyExcept('.', ' ');
    }

    private static char Fold(char character) => character switch
    {
        '\u2024' or '\u2025' or '\u2026' or '\u3002' or '\uFE19' or '\uFE30' or '\uFE52' or '\uFF0E' or '\uFF61' => '.',
        '\u2044' or '\u2215' or '\u2216' or '\u29F5' or '\u29F8' or '\uFE68' or '\uFF0F' or '\uFF3C' => '/',
        '\u037E' or '\uFE54' or '\uFF1B' => ';',
        _ => character,
    };

    private static byte[] Decode(byte[] bytes)
    {
        var decoded = new byte[bytes.Length];
        var length = 0;
        for (var index = 0; index < bytes.Length; index++)
        {
            if (bytes[index] == '%' && index + 2 < bytes.Length
                && byte.TryParse(bytes.AsSpan(index + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
            {
                decoded[length++] = octet;
                index += 2;
            }
            else
            {
                decoded[length++] = bytes[index];
            }
        }

        return decoded[..length];
    }
}
