using System.Text.RegularExpressions;

namespace PluginRuntime.Host.Authorizations;

/// <summary>
/// Where an authorization code may be sent to: this machine, by its literal addresses (RFC 8252, 7.3), or what the host's settings list, letter for
/// letter (RFC 9700, 2.1).
/// </summary>
/// <param name="listed">What the settings list.</param>
internal sealed partial class RedirectUris(IReadOnlyList<string> listed)
{
    internal const string Accepted =
        "It has to be http://127.0.0.1:PORT/… or http://[::1]:PORT/…, or one that PluginRuntime:OAuth:RedirectUris lists; without a fragment.";

    /// <summary>What a list may hold: an absolute URL with https, or with http on loopback, without a fragment.</summary>
    internal static bool IsListable(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && !text.Contains('#', StringComparison.Ordinal) && !text.Any(char.IsWhiteSpace) && url.UserInfo.Length == 0
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));

    internal bool Allows(string text) =>
        listed.Contains(text, StringComparer.Ordinal) || (Loopback().IsMatch(text) && Uri.TryCreate(text, UriKind.Absolute, out _));

    // By its text: 2130706433 is 127.0.0.1 to some parsers, and 127.0.0.1@elsewhere is elsewhere.
    [GeneratedRegex(@"^http://(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?(/[!$-;=?-\[\]_a-z~]*)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Loopback();
}
