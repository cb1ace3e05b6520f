using System.Buffers;
using System.Globalization;

namespace PluginRuntime.Manifests.Schema.Formats;

/// <summary>Host names of RFC 1123 and addresses.</summary>
internal static class HostFormats
{
    internal static SearchValues<char> Hexadecimal { get; } = SearchValues.Create("0123456789abcdefABCDEF");

    internal static bool IsHostname(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 253)
        {
            return false;
        }

        foreach (var range in text.Split('.'))
        {
            if (!IsLabel(text[range]))
            {
                return false;
            }
        }

        return true;
    }

    internal static bool IsIPv4(ReadOnlySpan<char> text)
    {
        var parts = 0;
        foreach (var range in text.Split('.'))
        {
            var part = text[range];
            if (part.Length is 0 or > 3 || (part[0] == '0' && part.Length > 1)
                || !byte.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            {
                return false;
            }

            parts++;
        }

        return parts == 4;
    }

    internal static bool IsIPv6(ReadOnlySpan<char> text)
    {
        var gap = text.IndexOf("::");
        if (gap < 0)
        {
            return Groups(text, mayEndInIPv4: true) == 8;
        }

        var left = Groups(text[..gap], mayEndInIPv4: false);
        var right = Groups(text[(gap + 2)..], mayEndInIPv4: true);
        return left >= 0 && right >= 0 && left + right <= 7;
    }

    /// <summary>How many groups of 16 bits the text holds; -1 when it is broken.</summary>
    private static int Groups(ReadOnlySpan<char> text, bool mayEndInIPv4)
    {
        if (text.IsEmpty)
        {
            return 0;
        }

        var groups = 0;
        foreach (var range in text.Split(':'))
        {
            var group = text[range];
            if (group.Length is > 0 and <= 4 && !group.ContainsAnyExcept(Hexadecimal))
            {
                groups++;
            }
            else if (mayEndInIPv4 && range.End.GetOffset(text.Length) == text.Length && IsIPv4(group))
            {
                groups += 2;
            }
            else
            {
                return -1;
            }
        }

        return groups;
    }

    private static bool IsLabel(ReadOnlySpan<char> label)
    {
        if (label.Length is 0 or > 63 || label[0] == '-' || label[^1] == '-')
        {
            return false;
        }

        foreach (var character in label)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character != '-')
            {
                return false;
            }
        }

        return true;
    }
}
