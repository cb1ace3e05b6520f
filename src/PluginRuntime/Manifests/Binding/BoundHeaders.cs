using System.Text.Json;
using System.Text.RegularExpressions;

namespace PluginRuntime.Manifests.Binding;

/// <summary>Which headers a bound action may set: none that authenticates, frames the message, steers the connection, or says who asks.</summary>
internal static partial class BoundHeaders
{
    private static readonly HashSet<string> _reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization", "Connection", "Cookie", "Expect", "Forwarded", "Host", "HTTP2-Settings", "Keep-Alive", "Set-Cookie", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Via", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Real-IP",
    };

    private static readonly string[] _reservedBeginnings = ["Proxy-", "X-Forwarded-", "Content-"];

    internal static void Check(ManifestObject request, InputProperties input, string? authHeader, List<ValidationError> errors)
    {
        if (request.Of("headers", JsonValueKind.Object, "an object") is not { } headers)
        {
            return;
        }

        var opened = ManifestObject.OpenAny(headers, request.At("headers"), errors);
        var known = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in headers.EnumerateObject().Select(property => property.Name))
        {
            CheckName(opened, name, authHeader);
            if (!known.Add(name))
            {
                opened.Report(name, "http.header-duplicate", "Another header has this name; accepted are names that differ by more than case.");
            }

            if (opened.Text(name) is { } template)
            {
                CheckValue(opened, name, template);
                input.Check(opened, name, template, PlaceKind.Header);
            }
        }
    }

    /// <returns>Why a binding does not set a header of this name; null when it may.</returns>
    internal static string? FindProblem(string name, string? authHeader) => Find(name, authHeader)?.Detail;

    private static void CheckName(ManifestObject headers, string name, string? authHeader)
    {
        if (Find(name, authHeader) is { } problem)
        {
            headers.Report(name, problem.Code, problem.Detail);
        }
    }

    private static (string Code, string Detail)? Find(string name, string? authHeader)
    {
        if (!Token().IsMatch(name))
        {
            return ("http.header-invalid", "This is no name of a header; accepted are letters, digits and !#$%&'*+-.^_`|~.");
        }

        if (name.Equals(authHeader, StringComparison.OrdinalIgnoreCase))
        {
            return ("http.header-reserved", "This header carries the instance's credential; accepted is any other.");
        }

        return _reserved.Contains(name) || (_reservedBeginnings.Any(beginning => name.StartsWith(beginning, StringComparison.OrdinalIgnoreCase)) && !IsContentType(name))
            ? ("http.header-reserved",
                $"A binding does not set this header; accepted is any but {string.Join(", ", _reserved)}, {string.Join(", ", _reservedBeginnings.Select(beginning => beginning + "…"))}; of the last one Content-Type is.")
            : null;
    }

    private static void CheckValue(ManifestObject headers, string name, string template)
    {
        if (template.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            headers.Report(name, "http.header-invalid", "The value has a character that no header carries; accepted is printable ASCII.");
        }
        else if (Placeholders.FindStray(template) is { } stray)
        {
            headers.Report(name, "http.text-invalid", stray);
        }
        else if (IsContentType(name) && !Json().IsMatch(template))
        {
            headers.Report(name, "http.content-type", "A binding's body is JSON in UTF-8; accepted is application/json, or a type that ends in +json.");
        }
    }

    private static bool IsContentType(string name) => name.Equals("Content-Type", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"\A[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Token();

    [GeneratedRegex(@"\Aapplication/([a-z0-9.-]+\+)?json(; *charset=utf-8)?\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Json();
}
