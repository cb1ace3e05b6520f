using System.Text.Json;
using PluginRuntime.Connectors.Smtp;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.Smtp;

/// <summary>The connector with one session open.</summary>
internal sealed class SmtpFixture : IAsyncDisposable
{
    private readonly IConnector _connector;
    private object? _connection;

    private SmtpFixture(IConnector connector) => _connector = connector;

    internal static async Task<SmtpFixture> CreateAsync(int port, object? settings = null, string? host = null, IConnectorCredentials? credentials = null)
    {
        var fixture = new SmtpFixture(await ConnectorAsync(port, settings, host, credentials));
        fixture._connection = await fixture._connector.OpenAsync(default);
        return fixture;
    }

    /// <summary>The connector, initialised, without a session.</summary>
    internal static async Task<IConnector> ConnectorAsync(
        int port, object? settings = null, string? host = null, IConnectorCredentials? credentials = null, IConnectorNetwork? network = null)
    {
        IConnector connector = new SmtpConnector();
        await connector.InitializeAsync(
            new()
            {
                Instance = "test",
                Version = "1.0.0",
                Host = host ?? MailServer.Host,
                Port = port,
                Settings = JsonSerializer.SerializeToUtf8Bytes(settings ?? new { }),
                Credentials = credentials ?? NoCredentials.Instance,
                Network = network ?? DirectNetwork.Instance,
            },
            default);
        return connector;
    }

    internal Task<JsonElement> SendAsync(object input, CancellationToken cancellationToken = default) =>
        _connector.CallAsync(_connection!, "send", input as string ?? JsonSerializer.Serialize(input), cancellationToken);

    internal Task<ConnectorException> FailAsync(object input) => _connector.FailAsync(_connection!, "send", input as string ?? JsonSerializer.Serialize(input));

    internal ValueTask<ConnectionHealth> CheckAsync(CancellationToken cancellationToken = default) => _connector.CheckAsync(_connection!, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _connector.CloseAsync(_connection!, default);
        await _connector.DestroyAsync(default);
    }
}

/// <summary>A token, as a host gives it.</summary>
internal sealed class TokenCredentials(string type, string token) : IConnectorCredentials
{
    public string Type => type;

    public string? Username => null;

    public DateTimeOffset? ExpiresAt => null;

    public bool IsExpired => false;

    public ValueTask<Secret?> GetSecretAsync(CancellationToken cancellationToken) => new(new Secret(token));

    public ValueTask<CredentialHeader?> GetHeaderAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask AuthorizeAsync(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException();
}
