using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace PluginRuntime.Connectors.Http;

/// <summary>Links to other resources in a response's header (RFC 8288).</summary>
internal static partial class LinkHeader
{
    /// <summary>The target of the first link with the relation <c>next</c>.</summary>
    /// <returns>Null when there is none.</returns>
    internal static string? Next(HttpResponseHeaders headers) =>
        headers.NonValidated.TryGetValues("Link", out var values)
            ? Links().Matches(string.Join(',', values)).FirstOrDefault(link => IsNext(link.Groups[2].Value))?.Groups[1].Value
            : null;

    private static bool IsNext(string parameters) =>
        Relation().Match(parameters) is { Success: true } relation
        && relation.Groups[1].Value.Trim('"').Split(' ').Contains("next", StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex("<([^<>]*)>([^<]*)", RegexOptions.CultureInvariant)]
    private static partial Regex Links();

    [GeneratedRegex("""; *rel *= *("[^"]*"|[^ ;,"]+)""", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Relation();
}
