using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Amazon.Runtime;
using Amazon.Runtime.Internal;
using PluginRuntime.Connectors.Jail;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.S3;

/// <summary>What goes wrong with a request, as failures of a connector. Of the server's text only its code is shown.</summary>
internal static class S3Failure
{
    private const int MaxCodeLength = 64;

    private static readonly TimeSpan _longestRetryAfter = TimeSpan.FromDays(1);

    /// <summary>Runs what talks to the server, and translates what it throws.</summary>
    internal static async Task<T> TranslateAsync<T>(Func<Task<T>> run, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        try
        {
            return await run();
        }
        catch (Exception exception) when (exception is not ConnectorException && IsOfRequest(exception))
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw Of(exception, timeProvider);
        }
    }

    internal static ConnectorException Of(Exception exception, TimeProvider timeProvider)
    {
        var chain = Chain(exception).ToList();
        if (chain.OfType<ConnectorException>().FirstOrDefault() is { } failure)
        {
            // The host's network or credentials said no.
            return failure;
        }

        // An answer of the server has a status; what the SDK makes of a broken connection has none.
        if (chain.OfType<AmazonServiceException>().FirstOrDefault(each => each.StatusCode != 0) is { } refused)
        {
            return OfAnswer(refused, RetryAfter(chain, timeProvider));
        }

        return OfTransport(chain);
    }

    /// <summary>Whether it comes from a request. Everything else is a bug, and passes.</summary>
    private static bool IsOfRequest(Exception exception) => Chain(exception).Any(each =>
        each is ConnectorException or AmazonServiceException or AmazonClientException or HttpRequestException or IOException or SocketException
            or TimeoutException or OperationCanceledException or System.Xml.XmlException);

    /// <summary>Whether it is a connection that broke, and not an answer.</summary>
    internal static bool IsBroken(Exception exception) =>
        Chain(exception).Any(each => each is IOException or HttpRequestException or SocketException or OperationCanceledException)
        && !Chain(exception).Any(each => each is ConnectorException or AmazonServiceException { StatusCode: not 0 });

    private static ConnectorException OfAnswer(AmazonServiceException answer, TimeSpan? retryAfter)
    {
        var status = (int)answer.StatusCode;
        var code = answer.ErrorCode ?? "";
        var kind = KindOf(code, status);
        var isUnseen = kind is ConnectorErrorKind.Input or ConnectorErrorKind.Rate or ConnectorErrorKind.NotFound
            || status is 412 or 401 || code is "InvalidAccessKeyId" or "SignatureDoesNotMatch" or "ExpiredToken" or "InvalidToken" or "RequestTimeTooSkewed";
        var shown = code.Length is > 0 and <= MaxCodeLength && code.All(char.IsAsciiLetterOrDigit) ? $"{code}, {status}" : $"{status}";
        return new(kind, $"The server answered {shown}.", kind is ConnectorErrorKind.Input ? null : retryAfter, wasSent: !isUnseen);
    }

    private static ConnectorErrorKind KindOf(string code, int status) => code switch
    {
        "SlowDown" or "TooManyRequests" or "TooManyRequestsException" or "RequestLimitExceeded" or "Throttling" or "ThrottlingException" or "BandwidthLimitExceeded" =>
            ConnectorErrorKind.Rate,
        "RequestTimeout" => ConnectorErrorKind.Timeout,
        "RequestTimeTooSkewed" => ConnectorErrorKind.Unavailable,
        "InvalidObjectState" => ConnectorErrorKind.Conflict,
        "XAmzContentSHA256Mismatch" or "BadDigest" or "IncompleteBody" => ConnectorErrorKind.Unavailable,
        "ExpiredToken" or "InvalidToken" => ConnectorErrorKind.Auth,
        _ => status switch
        {
            401 or 403 or 407 => ConnectorErrorKind.Auth,
            404 or 410 => ConnectorErrorKind.NotFound,
            409 or 412 or 423 => ConnectorErrorKind.Conflict,
            408 or 504 => ConnectorErrorKind.Timeout,
            429 => ConnectorErrorKind.Rate,
            501 or 505 => ConnectorErrorKind.Input,

            // A success that could not be read.
            < 300 => ConnectorErrorKind.Unavailable,
            < 500 => ConnectorErrorKind.Input,
            _ => ConnectorErrorKind.Unavailable,
        },
    };

    private static ConnectorException OfTransport(List<Exception> chain)
    {
        var http = chain.OfType<HttpRequestException>().FirstOrDefault();
        return http?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => JailFailure.Unavailable("The server's name cannot be resolved."),
            HttpRequestError.ConnectionError => JailFailure.Unavailable($"There is no connection to the server{Reason(chain)}."),
            HttpRequestError.SecureConnectionError => JailFailure.Unavailable($"There is no TLS connection to the server{Reason(chain)}."),
            _ when chain.Any(each => each is HttpRequestException or IOException or SocketException) =>
                JailFailure.Unavailable("The connection to the server broke before the answer was whole.", wasSent: true),

            // The caller's own cancellation never gets here: of .NET's connect timeout, a TimeoutException is the cause, of a connection
            // without a sign of life it is not.
            _ when chain.OfType<TimeoutException>().Any() => new(ConnectorErrorKind.Timeout, "The server did not take the connection in time.", wasSent: false),
            _ when chain.OfType<OperationCanceledException>().Any() => new(ConnectorErrorKind.Timeout, "The server did not answer in time."),
            _ => JailFailure.Unavailable($"The answer of the server cannot be used ({chain[^1].GetType().Name}).", wasSent: true),
        };
    }

    private static TimeSpan? RetryAfter(List<Exception> chain, TimeProvider timeProvider)
    {
        var header = chain.OfType<HttpErrorResponseException>().FirstOrDefault()?.Response?.GetHeaderValue("Retry-After");
        var wait = int.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds)
            : DateTimeOffset.TryParse(header, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date) ? date - timeProvider.GetUtcNow()
            : (TimeSpan?)null;
        return wait is not { } given ? null : given < TimeSpan.Zero ? TimeSpan.Zero : given > _longestRetryAfter ? _longestRetryAfter : given;
    }

    private static string Reason(List<Exception> chain) =>
        chain.OfType<SocketException>().FirstOrDefault() is { } socket ? $": {socket.SocketErrorCode}"
        : chain.OfType<AuthenticationException>().FirstOrDefault() is { } authentication ? $": {authentication.Message.TrimEnd('.')}"
        : "";

    private static IEnumerable<Exception> Chain(Exception exception)
    {
        for (var each = exception; each is not null; each = each.InnerException)
        {
            yield return each;
        }
    }
}
