using System.Net.Sockets;
using System.Security.Authentication;
using PluginRuntime.Sdk;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;

namespace PluginRuntime.Connectors.RabbitMq;

/// <summary>The broker's and the client's errors as failures of a connector.</summary>
internal static class RabbitMqFailure
{
    private const ushort ContentTooLarge = 311;
    private const ushort NoRoute = 312;
    private const ushort AccessRefused = 403;
    private const ushort NotFound = 404;
    private const ushort ResourceLocked = 405;
    private const ushort PreconditionFailed = 406;
    private const ushort NotAllowed = 530;
    private const ushort NotImplemented = 540;

    internal static ConnectorException Input(string message) => new(ConnectorErrorKind.Input, message, wasSent: false);

    /// <summary>Whether it comes from the broker or the way to it. Everything else is a bug, and passes.</summary>
    internal static bool IsOfBroker(Exception exception) => Chain(exception).Any(each =>
        each is RabbitMQClientException or IOException or SocketException or AuthenticationException or TimeoutException or ObjectDisposedException
            or OperationCanceledException or System.Threading.Channels.ChannelClosedException);

    /// <param name="exception">What the client threw.</param>
    /// <param name="refusedCertificate">Why the broker's certificate was refused; null when it was not.</param>
    internal static ConnectorException OfOpening(Exception exception, string? refusedCertificate)
    {
        var chain = Chain(exception).ToList();
        if (refusedCertificate is not null)
        {
            return new(ConnectorErrorKind.Unavailable, $"The broker's certificate is not accepted: {refusedCertificate}.", wasSent: false);
        }

        if (chain.Any(each => each is AuthenticationFailureException or PossibleAuthenticationFailureException))
        {
            return new(ConnectorErrorKind.Auth, "The broker refuses user name or password.", wasSent: false);
        }

        return chain.OfType<AuthenticationException>().Any()
            ? new(ConnectorErrorKind.Unavailable, "There is no TLS connection to the broker.", wasSent: false)
            : Of(exception, wasSent: false);
    }

    /// <param name="exception">What the client threw.</param>
    /// <param name="wasSent">Whether the broker may have done what was asked.</param>
    internal static ConnectorException Of(Exception exception, bool wasSent)
    {
        var chain = Chain(exception).ToList();
        if (chain.OfType<ConnectorException>().FirstOrDefault() is { } failure)
        {
            return failure;
        }

        if (chain.OfType<OperationInterruptedException>().FirstOrDefault(each => each.ShutdownReason?.Initiator == RabbitMQ.Client.ShutdownInitiator.Peer) is { } closed)
        {
            return OfReply(closed.ShutdownReason!.ReplyCode, closed.ShutdownReason.ReplyText, wasSent);
        }

        if (chain.OfType<SocketException>().FirstOrDefault() is { } socket)
        {
            return new(ConnectorErrorKind.Unavailable, $"The broker cannot be reached: {socket.SocketErrorCode}.", wasSent: wasSent);
        }

        return chain.Any(each => each is TimeoutException or OperationCanceledException)
            ? new(ConnectorErrorKind.Timeout, "The broker did not answer in time.", wasSent: wasSent)
            : new(ConnectorErrorKind.Unavailable, "The connection to the broker is broken.", wasSent: wasSent);
    }

    /// <summary>What a channel or connection was closed with.</summary>
    internal static ConnectorException OfShutdown(ShutdownEventArgs reason, bool wasSent) => reason.Initiator == RabbitMQ.Client.ShutdownInitiator.Peer
        ? OfReply(reason.ReplyCode, reason.ReplyText, wasSent)
        : new(ConnectorErrorKind.Unavailable, "The connection to the broker is broken.", wasSent: wasSent);

    /// <summary>What the broker says of a message that it gives back, or with which it closes.</summary>
    internal static ConnectorException OfReply(ushort code, string text, bool wasSent)
    {
        var kind = KindOf(code, text);
        return new(
            kind,
            $"RabbitMQ refused ({code}): {text.TrimEnd('.')}.",
            wasSent: wasSent && kind is not (ConnectorErrorKind.Input or ConnectorErrorKind.NotFound or ConnectorErrorKind.Conflict));
    }

    private static ConnectorErrorKind KindOf(ushort code, string text) => code switch
    {
        // The code of rights, for a queue that somebody uses alone.
        AccessRefused when text.Contains("exclusive use", StringComparison.Ordinal) => ConnectorErrorKind.Conflict,
        AccessRefused => ConnectorErrorKind.Auth,
        NoRoute or NotFound => ConnectorErrorKind.NotFound,
        NotAllowed when text.Contains("not found", StringComparison.Ordinal) => ConnectorErrorKind.NotFound,
        NotAllowed => ConnectorErrorKind.Auth,
        ResourceLocked or PreconditionFailed => ConnectorErrorKind.Conflict,
        ContentTooLarge or NotImplemented => ConnectorErrorKind.Input,
        _ => ConnectorErrorKind.Unavailable,
    };

    private static IEnumerable<Exception> Chain(Exception exception)
    {
        for (var each = exception; each is not null; each = each.InnerException)
        {
            yield return each;
        }
    }
}
