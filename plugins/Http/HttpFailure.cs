using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Http;

/// <summary>What goes wrong with a request, as failures of a connector. No text of the server's, which could hold secrets.</summary>
internal static class HttpFailure
{
    private static readonly TimeSpan _longestRetryAfter = TimeSpan.FromDays(1);

    internal static ConnectorException Input(string message) => new(ConnectorErrorKind.Input, message, wasSent: false);

    /// <summary>An API that does not answer as the manifest says. It would not do so again.</summary>
    internal static ConnectorException Differs(string message) => new(ConnectorErrorKind.Bug, message);

    /// <param name="status">400 or above.</param>
    /// <param name="retryAfter">The header of that name; null when there is none that can be read.</param>
    /// <param name="now">The host's time.</param>
    /// <param name="mapped">What it counts as; null for what it is by itself.</param>
    internal static ConnectorException OfStatus(
        int status, RetryConditionHeaderValue? retryAfter, DateTimeOffset now, ConnectorErrorKind? mapped = null)
    {
        var kind = mapped ?? status switch
        {
            401 or 403 or 407 => ConnectorErrorKind.Auth,
            404 or 410 => ConnectorErrorKind.NotFound,
            409 or 412 or 423 => ConnectorErrorKind.Conflict,
            408 or 504 => ConnectorErrorKind.Timeout,
            429 => ConnectorErrorKind.Rate,
            501 or 505 or < 500 => ConnectorErrorKind.Input,
            _ => ConnectorErrorKind.Unavailable,
        };

        // These two refuse a request before it has an effect. Others may come from a proxy that had passed the request on: 503 too.
        var wasSent = status is not (401 or 429);
        return new(kind, $"The server answered {status}.", kind is ConnectorErrorKind.Input ? null : Wait(retryAfter, now), wasSent);
    }

    /// <param name="exception">What the client threw.</param>
    /// <param name="origin">The origin that was asked.</param>
    /// <returns>Null for an exception that is none of the transport's.</returns>
    internal static ConnectorException? OfTransport(Exception exception, string origin) => exception switch
    {
        // The host's network said no.
        HttpRequestException { InnerException: ConnectorException refused } => refused,
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
            Unavailable($"The name of {origin} cannot be resolved.", wasSent: false),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } =>
            Unavailable($"There is no connection to {origin}{Reason(exception)}.", wasSent: false),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            Unavailable($"There is no TLS connection to {origin}{Reason(exception)}.", wasSent: false),
        HttpRequestException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded }
            or HttpIOException { HttpRequestError: HttpRequestError.ConfigurationLimitExceeded } =>
            Unavailable($"{origin} answered with more than {HttpConnector.MaxHeaderKilobytes} KiB of headers.", wasSent: true),
        HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse }
            or HttpIOException { HttpRequestError: HttpRequestError.InvalidResponse } =>
            NoHttp(origin),
        InvalidDataException => Unavailable($"{origin} answered with a body that cannot be decompressed.", wasSent: true),
        HttpRequestException or IOException =>
            Unavailable($"The connection to {origin} broke before the answer was whole.", wasSent: true),

        // The caller's own cancellation never gets here: this is the connect timeout.
        OperationCanceledException =>
            new(
                ConnectorErrorKind.Timeout,
                $"{origin} did not take the connection within {HttpConnector.ConnectTimeout.TotalSeconds} s.",
                wasSent: false),
        _ => null,
    };

    internal static ConnectorException NoHttp(string origin) => Unavailable($"{origin} answered what is no HTTP.", wasSent: true);

    private static ConnectorException Unavailable(string message, bool wasSent) =>
        new(ConnectorErrorKind.Unavailable, message, wasSent: wasSent);

    private static string Reason(Exception exception) => exception.InnerException switch
    {
        SocketException socket => $": {socket.SocketErrorCode}",
        AuthenticationException authentication => $": {authentication.Message.TrimEnd('.')}",
        _ => "",
    };

    private static TimeSpan? Wait(RetryConditionHeaderValue? retryAfter, DateTimeOffset now)
    {
        if ((retryAfter?.Delta ?? (retryAfter?.Date - now)) is not { } wait)
        {
            return null;
        }

        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait > _longestRetryAfter ? _longestRetryAfter : wait;
    }
}
