namespace PluginRuntime.Manifests.Schema.Formats;

/// <summary>Mailboxes of RFC 5321.</summary>
internal static class EmailFormat
{
    private const int MaxLocal = 64;

    internal static bool IsEmail(ReadOnlySpan<char> text)
    {
        var at = text.LastIndexOf('@');
        return at > 0 && at <= MaxLocal && IsLocal(text[..at]) && IsDomain(text[(at + 1)..]);
    }

    private static bool IsLocal(ReadOnlySpan<char> local)
    {
        if (local[0] == '"')
        {
            return IsQuoted(local);
        }

        var previous = '.';
        foreach (var character in local)
        {
            var isAtom = char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-/=?^_`{|}~".Contains(character, StringComparison.Ordinal);
            if (character == '.' ? previous == '.' : !isAtom)
            {
                return false;
            }

            previous = character;
        }

        return previous != '.';
    }

    private static bool IsQuoted(ReadOnlySpan<char> local)
    {
        if (local.Length < 2 || local[^1] != '"')
        {
            return false;
        }

        var inside = local[1..^1];
        for (var i = 0; i < inside.Length; i++)
        {
            if (inside[i] is < ' ' or > '~' or '"')
            {
                return false;
            }

            if (inside[i] == '\\' && (++i == inside.Length || inside[i] is < ' ' or > '~'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDomain(ReadOnlySpan<char> domain)
    {
        if (domain.Length < 2 || domain[0] != '[' || domain[^1] != ']')
        {
            return HostFormats.IsHostname(domain);
        }

        var address = domain[1..^1];
        return address.StartsWith("IPv6:", StringComparison.OrdinalIgnoreCase) ? HostFormats.IsIPv6(address[5..]) : HostFormats.IsIPv4(address);
    }
}
