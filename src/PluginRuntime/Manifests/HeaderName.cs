namespace PluginRuntime.Manifests;

/// <summary>The name of a header that carries a credential: a token of RFC 9110 that does not steer the connection or frame the message.</summary>
internal static class HeaderName
{
    /// <summary>Where neither manifest nor instance names one.</summary>
    internal const string Default = "X-Api-Key";

    private static readonly string[] _reserved =
        ["Host", "Connection", "Expect", "Keep-Alive", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade"];

    /// <returns>Why the name is not accepted; null when it is.</returns>
    internal static string? Check(string name)
    {
        if (name.Length is 0 or > 128 || !name.All(character => char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-.^_`|~".Contains(character, StringComparison.Ordinal)))
        {
            return "This is no name of a header; accepted are letters, digits and !#$%&'*+-.^_`|~.";
        }

        return name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase) || _reserved.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? $"This header belongs to the protocol; accepted is any but Content-… and {string.Join(", ", _reserved)}."
            : null;
    }
}
