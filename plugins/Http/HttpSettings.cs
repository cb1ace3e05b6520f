using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace PluginRuntime.Connectors.Http;

/// <summary>The settings of an instance.</summary>
/// <param name="BaseUrl">Where the API is: every request goes to this origin and below this path.</param>
/// <param name="Headers">Headers of every request. A call may replace them.</param>
/// <param name="MaxResponseBytes">The most bytes of a response's body, decompressed; the rest is cut off.</param>
/// <param name="StatusErrors"><c>throw</c> makes an error of a status from 400 on, <c>pass</c> an answer like any other.</param>
/// <param name="HealthPath">What the check requests; null for a check that only connects.</param>
public sealed record HttpSettings(
    [property: RegularExpression(@"[Hh][Tt][Tt][Pp][Ss]?://[^/?#@\\\s]+(/[^?#\\\s]*)?")]
    [property: Description("An absolute http or https URL without user info, query and fragment. Requests stay at this origin and below this path.")]
    string BaseUrl,
    [property: MaxLength(100), Description("Headers of every request. No secrets: these belong into credentials.")]
    IReadOnlyDictionary<string, string>? Headers = null,
    [property: Range(1, HttpSettings.HighestMaxResponseBytes)]
    [property: Description("The most bytes of a response's body, after decompression. The rest is cut off and 'truncated' set.")]
    int MaxResponseBytes = HttpSettings.DefaultMaxResponseBytes,
    [property: AllowedValues(HttpSettings.Throw, HttpSettings.Pass)]
    [property: Description("'throw': a status of 400 or above is an error. 'pass': it is an answer, but for 401 where there are credentials.")]
    string StatusErrors = HttpSettings.Throw,
    [property: MaxLength(4096), Description("A path to GET as health check. Without it the check opens and closes a TCP connection.")]
    string? HealthPath = null)
{
    internal const string Throw = "throw";
    internal const string Pass = "pass";

    internal const int DefaultMaxResponseBytes = 10 * 1024 * 1024;

    /// <summary>Base64 and escapes make the result longer, and hosts take 64 MiB.</summary>
    internal const int HighestMaxResponseBytes = 32 * 1024 * 1024;
}
