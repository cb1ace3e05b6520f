using System.Buffers;

namespace PluginRuntime.Manifests.Schema.Formats;

/// <summary>URIs of RFC 3986, by its grammar: System.Uri mends what is broken.</summary>
internal static class UriFormat
{
    private const string Unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    private const string SubDelimiters = "!$&'()*+,;=";

    private static readonly SearchValues<char> _scheme = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.");
    private static readonly SearchValues<char> _name = SearchValues.Create(Unreserved + SubDelimiters + "%");
    private static readonly SearchValues<char> _userInfo = SearchValues.Create(Unreserved + SubDelimiters + "%:");
    private static readonly SearchValues<char> _path = SearchValues.Create(Unreserved + SubDelimiters + "%:@/");
    private static readonly SearchValues<char> _query = SearchValues.Create(Unreserved + SubDelimiters + "%:@/?");

    internal static bool IsUri(ReadOnlySpan<char> text)
    {
        var colon = text.IndexOf(':');
        return colon > 0 && IsScheme(text[..colon]) && IsRelative(text[(colon + 1)..]);
    }

    internal static bool IsReference(ReadOnlySpan<char> text)
    {
        if (IsUri(text))
        {
            return true;
        }

        // Without a scheme, a colon in the first segment would look like one.
        var end = text.IndexOfAny("/?#");
        return IsRelative(text) && !(end < 0 ? text : text[..end]).Contains(':');
    }

    private static bool IsRelative(ReadOnlySpan<char> text)
    {
        if (!IsEscaped(text))
        {
            return false;
        }

        var hash = text.IndexOf('#');
        if (hash >= 0)
        {
            if (text[(hash + 1)..].ContainsAnyExcept(_query))
            {
                return false;
            }

            text = text[..hash];
        }

        var question = text.IndexOf('?');
        if (question >= 0)
        {
            if (text[(question + 1)..].ContainsAnyExcept(_query))
            {
                return false;
            }

            text = text[..question];
        }

        if (!text.StartsWith("//"))
        {
            return !text.ContainsAnyExcept(_path);
        }

        text = text[2..];
        var slash = text.IndexOf('/');
        return IsAuthority(slash < 0 ? text : text[..slash]) && (slash < 0 || !text[slash..].ContainsAnyExcept(_path));
    }

    private static bool IsScheme(ReadOnlySpan<char> scheme) =>
        char.IsAsciiLetter(scheme[0])
        && !scheme.ContainsAnyExcept(_scheme);

    private static bool IsAuthority(ReadOnlySpan<char> text)
    {
        var at = text.IndexOf('@');
        if (at >= 0)
        {
            if (text[..at].ContainsAnyExcept(_userInfo))
            {
                return false;
            }

            text = text[(at + 1)..];
        }

        if (!text.IsEmpty && text[0] == '[')
        {
            var end = text.IndexOf(']');
            return end > 0 && IsLiteral(text[1..end]) && IsPort(text[(end + 1)..]);
        }

        var colon = text.IndexOf(':');
        return !(colon < 0 ? text : text[..colon]).ContainsAnyExcept(_name) && (colon < 0 || IsPort(text[colon..]));
    }

    private static bool IsPort(ReadOnlySpan<char> text) => text.IsEmpty || (text[0] == ':' && !text[1..].ContainsAnyExceptInRange('0', '9'));

    private static bool IsLiteral(ReadOnlySpan<char> text)
    {
        if (text.Length == 0 || text[0] is not ('v' or 'V'))
        {
            return HostFormats.IsIPv6(text);
        }

        var dot = text.IndexOf('.');
        return dot > 1
            && !text[1..dot].ContainsAnyExcept(HostFormats.Hexadecimal)
            && dot + 1 < text.Length
            && !text[(dot + 1)..].Contains('%')
            && !text[(dot + 1)..].ContainsAnyExcept(_userInfo);
    }

    private static bool IsEscaped(ReadOnlySpan<char> text)
    {
        for (var i = text.IndexOf('%'); i >= 0 && i < text.Length; i++)
        {
            if (text[i] == '%' && (i + 2 >= text.Length || !char.IsAsciiHexDigit(text[i + 1]) || !char.IsAsciiHexDigit(text[i + 2])))
            {
                return false;
            }
        }

        return true;
    }
}
