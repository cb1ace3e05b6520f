using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Smtp;

/// <summary>Sends e-mail through one SMTP server.</summary>
/// <remarks>A pooled connection is one session with the server, logged in.</remarks>
[Connector(
    "smtp", Name = "SMTP", Category = "messaging", Description = "Sends e-mail through an SMTP server.",
    Auth = CredentialTypes.Any, Settings = typeof(SmtpSettings))]
public sealed class SmtpConnector : Connector<SmtpSession>
{
    private SmtpSessions? _sessions;
    private MailBuilder? _builder;

    /// <summary>Declares the actions.</summary>
    public SmtpConnector()
        : base(SmtpJson.Default) =>
        Action<SendInput, SendOutput>(
            "send",
            (session, input, token) => new(session.SendAsync(_builder!.Build(input), token)),
            new() { Description = "Sends one message. The server has taken it over when this succeeds; that it arrives nobody knows." });

    /// <inheritdoc />
    protected override ValueTask OnInitAsync(CancellationToken cancellationToken)
    {
        var settings = Context.GetSettings<SmtpSettings>();
        _sessions = new(Context, settings);
        _builder = new(settings.From, Context.TimeProvider);
        return default;
    }

    /// <inheritdoc />
    protected override ValueTask<SmtpSession> OpenAsync(CancellationToken cancellationToken) => _sessions!.OpenAsync(cancellationToken);

    /// <inheritdoc />
    protected override async ValueTask<ConnectionHealth> CheckAsync(SmtpSession connection, CancellationToken cancellationToken)
    {
        try
        {
            await connection.PingAsync(cancellationToken);
            return ConnectionHealth.Healthy;
        }
        catch (ConnectorException exception)
        {
            return ConnectionHealth.Unhealthy(exception.Message);
        }
    }

    /// <inheritdoc />
    protected override ValueTask CloseAsync(SmtpSession connection, CancellationToken cancellationToken) => connection.DisposeAsync();
}
