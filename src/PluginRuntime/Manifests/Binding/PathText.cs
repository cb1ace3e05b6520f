using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace PluginRuntime.Manifests.Binding;

/// <summary>Which paths an author may write: those that every server takes for the same path.</summary>
internal static class PathText
{
    private const int MaxLength = 4096;

    /// <returns>Why a path is not accepted; null when it is.</returns>
    internal static string? Find(string path)
    {
        if (path.Length > MaxLength || !path.StartsWith('/'))
        {
            return $"This is no path; accepted is one that begins with '/', of {MaxLength} characters at most.";
        }

        var decoded = new List<byte>();
        for (var index = 0; index < path.Length; index++)
        {
            if (path[index] != '%')
            {
                if (!IsPlain(path[index]))
                {
                    return "The path has a character that has to be percent-encoded, a query, a fragment, or a brace that is round no name; "
                        + "accepted are letters, digits, -._~!$&'()*+,;=:@/ and {name}.";
                }

                decoded.Add((byte)path[index]);
                continue;
            }

            if (index + 2 >= path.Length
                || !byte.TryParse(path.AsSpan(index + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet)
                || octet is < 0x20 or 0x7F or (byte)'.' or (byte)'/' or (byte)'\\' or (byte)'%')
            {
                return "The path has a '%' that encodes nothing, or that hides a control character, '.', '/', '\\' or '%'; accepted is what encodes others.";
            }

            decoded.Add(octet);
            index += 2;
        }

        if (!IsReadable([.. decoded]))
        {
            return "The path encodes what is no UTF-8, or signs that look like others; accepted beyond ASCII are letters and digits in UTF-8.";
        }

        var segments = path.Split('/')[1..];
        return segments.SkipLast(1).Contains("") || segments.Any(IsDots)
            ? "The path has an empty segment, or one of dots; accepted are segments of names and values."
            : null;
    }

    private static bool IsPlain(char character) =>
        char.IsAsciiLetterOrDigit(character) || "-._~!$&'()*+,;=:@/".Contains(character, StringComparison.Ordinal);

    private static bool IsReadable(byte[] decoded) =>
        Utf8.IsValid(decoded) && Encoding.UTF8.GetString(decoded).EnumerateRunes().All(rune => rune.IsAscii || Rune.IsLetterOrDigit(rune));

    // Some servers cut a segment at ';'.
    private static bool IsDots(string segment) => segment.Length > 0 && segment.Split(';')[0].All(character => character == '.');
}
