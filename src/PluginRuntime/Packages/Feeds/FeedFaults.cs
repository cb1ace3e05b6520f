using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace PluginRuntime.Packages.Feeds;

/// <summary>Tells what went wrong with a source, from what the NuGet client throws or logs.</summary>
internal static partial class FeedFaults
{
    /// <summary>Makes one failure of ours of what was thrown.</summary>
    /// <param name="source">The source's name.</param>
    /// <param name="thrown">What the client threw.</param>
    /// <param name="isLate">Whether the time that the operation had is over.</param>
    /// <param name="budget">How long that was.</param>
    public static PluginRuntimeException Translate(string source, Exception thrown, bool isLate, TimeSpan budget)
    {
        var causes = Causes(thrown).ToList();
        if (causes.OfType<PluginRuntimeException>().FirstOrDefault() is { } ours)
        {
            return ours;
        }

        if (isLate)
        {
            return new FeedException(source, PackageCodes.SourceTimeout, $"it did not answer within {budget.TotalSeconds:0.#} s.", thrown);
        }

        var (code, detail) = Explain(causes);
        return new FeedException(source, code, detail, thrown);
    }

    /// <summary>The HTTP status that a message tells of, as <c>401 (Unauthorized)</c>; null when it tells of none.</summary>
    public static HttpStatusCode? StatusIn(string text) =>
        Status().Match(text) is { Success: true } match ? (HttpStatusCode)int.Parse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"\b([45]\d\d) \(", RegexOptions.CultureInvariant)]
    private static partial Regex Status();

    private static (string Code, string Detail) Explain(List<Exception> causes)
    {
        var status = causes.OfType<HttpRequestException>().Select(http => http.StatusCode).FirstOrDefault(code => code is not null);
        if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            return (PackageCodes.SourceUnauthorized, $"it refuses these credentials ({(int)status}).");
        }

        if (status is { } failed)
        {
            return (PackageCodes.SourceFailed, $"it answered {(int)failed}.");
        }

        if (causes.Exists(cause => cause is SocketException or HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError }))
        {
            return (PackageCodes.SourceUnreachable, $"it cannot be reached: {causes[^1].Message}");
        }

        if (causes.Exists(cause => cause is DirectoryNotFoundException || cause.Message.Contains("local source", StringComparison.OrdinalIgnoreCase)))
        {
            return (PackageCodes.SourceUnreachable, "its folder is not there.");
        }

        if (causes.Exists(cause => cause is TimeoutException or OperationCanceledException))
        {
            return (PackageCodes.SourceTimeout, causes[^1].Message);
        }

        return causes.Exists(cause => cause is IOException or HttpRequestException)
            ? (PackageCodes.SourceFailed, $"its answer broke off: {causes[^1].Message}")
            : (PackageCodes.SourceInvalid, $"it does not answer as a NuGet V3 feed: {causes[^1].Message}");
    }

    private static IEnumerable<Exception> Causes(Exception thrown)
    {
        for (var cause = thrown; cause is not null; cause = cause is AggregateException { InnerExceptions: [var first, ..] } ? first : cause.InnerException)
        {
            yield return cause;
        }
    }
}
