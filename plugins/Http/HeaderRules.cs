using System.Buffers;

namespace PluginRuntime.Connectors.Http;

/// <summary>Which headers a caller or a setting may give.</summary>
internal static class HeaderRules
{
    /// <summary>Names and values together, in characters.</summary>
    private const int MaxLength = 32 * 1024;

    private static readonly SearchValues<char> _token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Those that shape the message or the connection, and those that authenticate.</summary>
    private static readonly HashSet<string> _reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization", "Connection", "Content-Length", "Expect", "Host", "HTTP2-Settings", "Keep-Alive", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade",
    };

    private static readonly HashSet<string> _overrides = new(StringComparer.OrdinalIgnoreCase)
    {
        "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override",
    };

    /// <summary>Whether some servers take a request for one of another method because of it.</summary>
    internal static bool NamesAMethod(string name) => _overrides.Contains(name);

    /// <summary>The headers of a request: those of the settings, with the caller's added or in their place.</summary>
    /// <exception cref="Sdk.ConnectorException">One of the caller's is not accepted.</exception>
    internal static Dictionary<string, string> Merge(IReadOnlyDictionary<string, string> defaults, IReadOnlyDictionary<string, string>? own)
    {
        var merged = new Dictionary<string, string>(defaults, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in Check(own, "'headers'"))
        {
            merged[name] = value;
        }

        return merged;
    }

    /// <param name="headers">What was given.</param>
    /// <param name="where">What it was given in, for the message.</param>
    /// <exception cref="Sdk.ConnectorException">One is not accepted.</exception>
    internal static Dictionary<string, string> Check(IReadOnlyDictionary<string, string>? headers, string where)
    {
        var known = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var length = 0;
        foreach (var (name, value) in headers ?? known)
        {
            if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(_token))
            {
                throw HttpFailure.Input($"A name in {where} is no header name: letters, digits and !#$%&'*+-.^_`|~ are accepted.");
            }

            if (_reserved.Contains(name) || name.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase))
            {
                throw HttpFailure.Input($"The header '{name}' in {where} is not accepted: the connector or the instance's credential sets it.");
            }

            if (!IsValue(value))
            {
                throw HttpFailure.Input($"The value of the header '{name}' in {where} is not accepted: printable ASCII and tabs are.");
            }

            if (!known.TryAdd(name, value))
            {
                throw HttpFailure.Input($"The header '{name}' is twice in {where}.");
            }

            length += name.Length + value.Length;
        }

        return length <= MaxLength ? known : throw HttpFailure.Input($"{where} has more than {MaxLength} characters.");
    }

    /// <summary>Whether a header can carry it: what is not printable could end the header and begin another.</summary>
    internal static bool IsValue(string value) => value.All(character => character is '\t' or (>= ' ' and <= '~'));
}
