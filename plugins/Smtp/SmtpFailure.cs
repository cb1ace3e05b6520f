using System.Net.Sockets;
using System.Text.RegularExpressions;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Smtp;

/// <summary>The server's replies and what goes wrong on the way to it, as failures of a connector.</summary>
internal static partial class SmtpFailure
{
    private const int MaxReplyLength = 200;

    internal static ConnectorException Input(string message) => new(ConnectorErrorKind.Input, message, wasSent: false);

    /// <summary>Whether it comes from the server or the way to it. Everything else is a bug, and passes.</summary>
    internal static bool IsOfServer(Exception exception) => exception
        is CommandException or ProtocolException or SslHandshakeException or AuthenticationException or ServiceNotAuthenticatedException
        or ServiceNotConnectedException or SaslException or IOException or SocketException or TimeoutException or ObjectDisposedException or OperationCanceledException;

    /// <param name="exception">What MailKit threw.</param>
    /// <param name="refusedCertificate">Why the server's certificate was refused; null when it was not.</param>
    internal static ConnectorException OfOpening(Exception exception, string? refusedCertificate) => exception switch
    {
        _ when refusedCertificate is not null => Unavailable($"The server's certificate is not accepted: {refusedCertificate}."),
        SslHandshakeException => Unavailable("There is no TLS connection to the server."),
        NotSupportedException => Unavailable("The server does not offer STARTTLS, and without encryption nothing is sent to it."),
        AuthenticationException failure when PassingReply().IsMatch(failure.Message) => Unavailable($"The server cannot check the credentials now ({Shown(failure.Message)})."),
        AuthenticationException or SaslException => new(ConnectorErrorKind.Auth, "The server refuses the credentials.", wasSent: false),
        _ => Of(exception, wasSent: false),
    };

    /// <param name="exception">What MailKit threw.</param>
    /// <param name="wasSent">Whether all of the message was on its way. A reply that refuses it says that it was not taken.</param>
    internal static ConnectorException Of(Exception exception, bool wasSent) => exception switch
    {
        SmtpCommandException reply => OfReply(reply, wasSent: false),
        ServiceNotAuthenticatedException => new(ConnectorErrorKind.Auth, "The server asks to log in first: give the instance credentials.", wasSent: false),
        SocketException socket => Unavailable($"The server cannot be reached: {socket.SocketErrorCode}.", wasSent),
        SmtpProtocolException => Unavailable("The server ended the connection, or does not speak SMTP.", wasSent),
        TimeoutException or OperationCanceledException => new(ConnectorErrorKind.Timeout, "The server did not answer in time.", wasSent: wasSent),
        _ => Unavailable("The connection to the server is broken.", wasSent),
    };

    /// <summary>What it means that no recipient was accepted: what may pass, when any of them may.</summary>
    internal static ConnectorException OfRecipients(IReadOnlyList<RefusedRecipient> refused)
    {
        var first = refused.FirstOrDefault(each => IsPassing(each.Code)) ?? refused[0];
        var kind = IsPassing(first.Code) ? ConnectorErrorKind.Unavailable
            : first.Code is 530 or 535 ? ConnectorErrorKind.Auth
            : first.Code is 550 or 551 or 553 or 556 ? ConnectorErrorKind.NotFound
            : ConnectorErrorKind.Input;
        return new(kind, $"The server accepts no recipient: {first.Address} ({first.Code}): {first.Reply}", wasSent: false);
    }

    /// <summary>A reply, short, and of one line.</summary>
    internal static string Shown(string reply)
    {
        var line = string.Concat(reply.Select(character => char.IsControl(character) ? ' ' : character)).Trim();
        return line.Length <= MaxReplyLength ? line : $"{line[..MaxReplyLength]}…";
    }

    private static ConnectorException OfReply(SmtpCommandException reply, bool wasSent)
    {
        var code = (int)reply.StatusCode;
        var kind = IsPassing(code) ? ConnectorErrorKind.Unavailable
            : code is 530 or 534 or 535 or 538 ? ConnectorErrorKind.Auth
            : code == 521 || (code == 554 && reply.ErrorCode == SmtpErrorCode.UnexpectedStatusCode) ? ConnectorErrorKind.Unavailable
            : ConnectorErrorKind.Input;
        var what = reply.ErrorCode switch
        {
            SmtpErrorCode.SenderNotAccepted => "the sender",
            SmtpErrorCode.MessageNotAccepted => "the message",
            _ => "what was asked",
        };
        return new(kind, $"The server refused {what} ({code}): {Shown(reply.Message)}", wasSent: wasSent);
    }

    private static bool IsPassing(int code) => code is >= 400 and < 500;

    /// <summary>What MailKit says of a login that failed begins with the reply's code.</summary>
    [GeneratedRegex(@"\A4[0-9]{2}: ")]
    private static partial Regex PassingReply();

    private static ConnectorException Unavailable(string message, bool wasSent = false) => new(ConnectorErrorKind.Unavailable, message, wasSent: wasSent);
}
