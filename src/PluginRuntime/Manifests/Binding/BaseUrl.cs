namespace PluginRuntime.Manifests.Binding;

/// <summary>The URL that every request of a bound manifest stays at.</summary>
internal static class BaseUrl
{
    internal const string Refusal =
        "This is no base URL; accepted is an absolute http or https URL of plain ASCII without user info, query, fragment, placeholders and segments of dots.";

    private const int MaxLength = 2048;

    internal static void Check(ManifestObject api)
    {
        var text = api.RequiredText("baseUrl");
        if (!string.IsNullOrWhiteSpace(text) && !IsAccepted(text))
        {
            api.Report("baseUrl", "http.base-url-invalid", Refusal);
        }
    }

    // By the text, not only by what Uri makes of it: it would trim, decode, shorten and take '\' for '/'.
    internal static bool IsAccepted(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (text.Length > MaxLength || scheme < 0 || text[..scheme].ToLowerInvariant() is not ("http" or "https"))
        {
            return false;
        }

        var rest = text[(scheme + 3)..];
        var slash = rest.IndexOf('/', StringComparison.Ordinal);
        var (authority, path) = slash < 0 ? (rest, "/") : (rest[..slash], rest[slash..]);
        return authority.Length > 0
            && authority.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '-' or '_' or ':' or '[' or ']')
            && PathText.Find(path) is null
            && Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url.Scheme is "http" or "https"
            && url.Port > 0;
    }
}
