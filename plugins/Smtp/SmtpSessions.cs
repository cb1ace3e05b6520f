using System.Net;
using MailKit.Security;
using PluginRuntime.Connectors.Tls;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Smtp;

/// <summary>Opens sessions with the server of one instance, through the host's network.</summary>
internal sealed class SmtpSessions
{
    private const int StartTlsPort = 587;
    private const int ImplicitPort = 465;
    private const int PlainPort = 25;

    /// <summary>Those that need a user and a password and nothing of the machine, the strongest first.</summary>
    private static readonly string[] _passwordMechanisms = ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"];

    private readonly ConnectorContext _context;
    private readonly ServerCertificates _certificates;
    private readonly SecureSocketOptions _tls;
    private readonly string _host;
    private readonly int _port;
    private readonly string? _username;

    /// <exception cref="ConnectorException">The instance lacks something, or has something that is none.</exception>
    internal SmtpSessions(ConnectorContext context, SmtpSettings settings)
    {
        _context = context;
        _host = InstanceHost.Of(context, "SMTP server");
        (_tls, var port) = (settings.Tls ?? (InstanceHost.IsLoopback(_host) ? SmtpSettings.None : SmtpSettings.StartTls)) switch
        {
            SmtpSettings.None => (SecureSocketOptions.None, PlainPort),
            SmtpSettings.Implicit => (SecureSocketOptions.SslOnConnect, ImplicitPort),
            _ => (SecureSocketOptions.StartTls, StartTlsPort),
        };
        _port = context.Port ?? port;
        _certificates = ServerCertificates.Trusting(settings.RootCertificate);
        _username = context.Credentials.Type switch
        {
            CredentialTypes.None => null,
            CredentialTypes.Basic => context.Credentials.Username,
            CredentialTypes.Bearer or CredentialTypes.OAuth => settings.Username
                ?? throw SmtpFailure.Input("A token needs the user that it is for: set 'username'."),
            var other => throw SmtpFailure.Input($"Credentials of type '{other}' are of no use to SMTP: give 'basic', 'bearer' or 'oauth', or none."),
        };
    }

    /// <exception cref="ConnectorException">There is no session.</exception>
    internal async ValueTask<SmtpSession> OpenAsync(CancellationToken cancellationToken)
    {
        var certificate = _certificates.CreateCheck();
        var client = new SubmissionClient { ServerCertificateValidationCallback = certificate.IsAccepted, CheckCertificateRevocation = false };
        try
        {
            var stream = await _context.Network.ConnectAsync(_host, _port, cancellationToken);
            await using (cancellationToken.UnsafeRegister(static state => ((Stream)state!).Dispose(), stream))
            {
                await client.ConnectAsync(stream, _host, _port, _tls, cancellationToken);
                client.Limit();
                await AuthenticateAsync(client, cancellationToken);
            }

            return new(client, stream, _context.TimeProvider);
        }
        catch (Exception exception)
        {
            client.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            if (SmtpFailure.IsOfServer(exception) || exception is NotSupportedException)
            {
                throw SmtpFailure.OfOpening(exception, certificate.Problem);
            }

            throw;
        }
    }

    private async Task AuthenticateAsync(SubmissionClient client, CancellationToken cancellationToken)
    {
        if (_username is null || await _context.Credentials.GetSecretAsync(cancellationToken) is not { } secret)
        {
            return;
        }

        // One, and once: MailKit by itself would try each that the server offers, down to the weakest, and a wrong password counts each time.
        var offered = client.AuthenticationMechanisms;
        SaslMechanism mechanism;
        if (_context.Credentials.Type == CredentialTypes.Basic)
        {
            var name = _passwordMechanisms.FirstOrDefault(offered.Contains) ?? throw NoMechanism();
            mechanism = SaslMechanism.Create(name, new NetworkCredential(_username, secret.Reveal())) ?? throw NoMechanism();
        }
        else
        {
            mechanism = offered.Contains("OAUTHBEARER") ? new SaslMechanismOAuthBearer(_username, secret.Reveal())
                : offered.Contains("XOAUTH2") ? new SaslMechanismOAuth2(_username, secret.Reveal())
                : throw NoMechanism();
        }

        await client.AuthenticateAsync(mechanism, cancellationToken);
    }

    private static ConnectorException NoMechanism() =>
        new(ConnectorErrorKind.Auth, "The server offers no way to log in with such credentials on this connection; many offer one only where 'tls' is not 'none'.");
}
