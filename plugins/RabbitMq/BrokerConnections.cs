using System.Net;
using System.Net.Sockets;
using PluginRuntime.Connectors.Tls;
using PluginRuntime.Sdk;
using RabbitMQ.Client;

namespace PluginRuntime.Connectors.RabbitMq;

/// <summary>Opens connections to the broker of one instance, through the host's network.</summary>
internal sealed class BrokerConnections
{
    private const int PlainPort = 5672;
    private const int TlsPort = 5671;

    /// <summary>A peer that is gone without a word is found after twice this time.</summary>
    private static readonly TimeSpan _heartbeat = TimeSpan.FromSeconds(10);

    private readonly ConnectorContext _context;
    private readonly RabbitMqSettings _settings;
    private readonly ServerCertificates _certificates;
    private readonly string _host;
    private readonly string _username;
    private readonly bool _isEncrypted;

    /// <exception cref="ConnectorException">The instance lacks something, or has something that is none.</exception>
    internal BrokerConnections(ConnectorContext context)
    {
        _context = context;
        _settings = context.GetSettings<RabbitMqSettings>();
        _host = InstanceHost.Of(context, "RabbitMQ broker");
        _username = context.Credentials.Username
            ?? throw new ConnectorException(ConnectorErrorKind.Input, "The instance has no credentials of type 'basic': RabbitMQ needs a user and a password.", wasSent: false);
        _isEncrypted = _settings.Tls ?? !InstanceHost.IsLoopback(_host);
        _certificates = ServerCertificates.Trusting(_settings.RootCertificate);
    }

    /// <exception cref="ConnectorException">There is no connection.</exception>
    internal async ValueTask<RabbitMqSession> OpenAsync(CancellationToken cancellationToken)
    {
        var certificate = _certificates.CreateCheck();
        OpenedSocket? socket = null;
        try
        {
            var password = (await _context.Credentials.GetSecretAsync(cancellationToken))?.Reveal() ?? "";
            socket = await ConnectAsync(cancellationToken);

            // RabbitMQ.Client waits for a broker that does not answer even when it was told to stop, unless its socket is gone.
            await using var registration = cancellationToken.UnsafeRegister(static state => ((OpenedSocket)state!).Close(), socket);
            var connection = await Factory(socket, certificate, password).CreateConnectionAsync(cancellationToken);
            return await RabbitMqSession.CreateAsync(connection, socket, _context.TimeProvider, cancellationToken);
        }
        catch (Exception exception)
        {
            socket?.Close();
            cancellationToken.ThrowIfCancellationRequested();
            if (RabbitMqFailure.IsOfBroker(exception))
            {
                throw RabbitMqFailure.OfOpening(exception, certificate.Problem);
            }

            throw;
        }
    }

    private async Task<OpenedSocket> ConnectAsync(CancellationToken cancellationToken)
    {
        var stream = await _context.Network.ConnectAsync(_host, _context.Port ?? (_isEncrypted ? TlsPort : PlainPort), cancellationToken);
        if (stream is NetworkStream network)
        {
            return new(network);
        }

        await stream.DisposeAsync();
        throw new InvalidOperationException($"The host's network gave a {stream.GetType().Name}, and RabbitMQ.Client takes a NetworkStream only.");
    }

    private ConnectionFactory Factory(OpenedSocket socket, ServerCertificates.Check certificate, string password) => new()
    {
        // The connection is there already. An address keeps the client from asking for the name's addresses once more.
        HostName = IPAddress.Loopback.ToString(),
        Port = _context.Port ?? (_isEncrypted ? TlsPort : PlainPort),
        SocketFactory = _ => socket,
        Ssl = new SslOption { Enabled = _isEncrypted, ServerName = _host, CertificateValidationCallback = certificate.IsAccepted },
        VirtualHost = _settings.VirtualHost,
        UserName = _username,
        Password = password,
        ClientProvidedName = _settings.ConnectionName ?? $"pluginruntime/{_context.Instance}",
        RequestedHeartbeat = _heartbeat,

        // The host's pool opens connections again.
        AutomaticRecoveryEnabled = false,
        TopologyRecoveryEnabled = false,
    };
}
