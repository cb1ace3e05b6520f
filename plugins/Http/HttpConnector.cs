using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Http;

/// <summary>
/// Sends requests to one HTTP API: to one origin, below one path, with the instance's credential. Given a manifest that is bound to an API
/// it has the actions of that, in place of its own, and goes where that says.
/// </summary>
/// <remarks>
/// One client for all connections of the object, so that sockets are shared; the pool's connections are what bounds the requests under way.
/// It knows no cookies and no proxy, not even one from the environment, which would see the credential, and follows no redirect by itself.
/// </remarks>
[Connector(
    "http", Name = "HTTP", Category = "web", Description = "Sends requests to one HTTP API.", Auth = CredentialTypes.Any,
    Settings = typeof(HttpSettings))]
public sealed class HttpConnector : Connector<HttpConnection>
{
    internal const int MaxHeaderKilobytes = 64;

    /// <summary>Shorter than an attempt's default timeout: a connection that does not come is then known to have sent nothing.</summary>
    internal static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <summary>So that a change of DNS is seen.</summary>
    private static readonly TimeSpan _socketLifetime = TimeSpan.FromMinutes(5);

    private Instance? _instance;

    /// <summary>Declares the actions.</summary>
    public HttpConnector()
        : base(HttpJson.Default)
    {
        RawAction(
            "request",
            (_, input, output, token) => SendAsync(Read(input, HttpJson.Default.RequestInput), output, token),
            new() { Description = "Sends one request with any method, and gives the response." },
            HttpSchemas.RequestInput,
            HttpSchemas.Output);
        RawAction(
            "get",
            (_, input, output, token) =>
            {
                var get = Read(input, HttpJson.Default.GetInput);
                return SendAsync(new("GET", get.Path, get.Query, get.Headers), output, token);
            },
            new()
            {
                Description = "Sends one GET request, and gives the response. Tried again when it fails in a way that may pass.",
                Idempotent = true,
            },
            HttpSchemas.GetInput,
            HttpSchemas.Output);
    }

    private Instance Current => _instance ?? throw new InvalidOperationException("The connector is not initialized.");

    /// <inheritdoc />
    protected override ValueTask OnInitAsync(CancellationToken cancellationToken)
    {
        var manifest = BoundManifest.Read(Context.Manifest);
        var settings = manifest?.Http is { } api ? new(api.BaseUrl, HealthPath: api.HealthPath) : Context.GetSettings<HttpSettings>();
        var upstream = Upstream.Parse(settings.BaseUrl);
        var headers = HeaderRules.Check(settings.Headers, "the setting 'headers'");
        headers.TryAdd("User-Agent", $"PluginRuntime-{manifest?.Id ?? "http"}/{Context.Version}");
        if (settings.HealthPath is { } path && PathRules.ToWire(path, out var problem) is null)
        {
            throw HttpFailure.Input($"The setting 'healthPath' {problem}.");
        }

        var health = settings.HealthPath is { } checkPath ? OutgoingRequest.Create(new("GET", checkPath), upstream, headers) : null;
        var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
            ConnectTimeout = ConnectTimeout,
            MaxResponseHeadersLength = MaxHeaderKilobytes,
            PooledConnectionLifetime = _socketLifetime,
            UseCookies = false,
            UseProxy = false,
            ConnectCallback = (connection, token) => Context.Network.ConnectAsync(connection.DnsEndPoint.Host, connection.DnsEndPoint.Port, token),
        });
        _instance = new(
            settings,
            upstream,
            headers,
            health,
            client,
            new(client, upstream, Context.Credentials),
            new(upstream, settings.MaxResponseBytes));
        if (manifest is not null)
        {
            Bind(manifest, Current);
        }

        return default;
    }

    /// <inheritdoc />
    protected override ValueTask<HttpConnection> OpenAsync(CancellationToken cancellationToken) => new(new HttpConnection());

    /// <inheritdoc />
    protected override async ValueTask<ConnectionHealth> CheckAsync(HttpConnection connection, CancellationToken cancellationToken)
    {
        if (Current.Health is not { } request)
        {
            return await CheckSocketAsync(cancellationToken);
        }

        try
        {
            using var response = await Current.Sender.SendAsync(request, cancellationToken);
            var status = (int)response.StatusCode;

            // A server that counts requests is there.
            return status is < 400 or 429
                ? ConnectionHealth.Healthy
                : ConnectionHealth.Unhealthy($"The server answered {status} to the health path.");
        }
        catch (ConnectorException exception)
        {
            return ConnectionHealth.Unhealthy(exception.Message);
        }
    }

    /// <inheritdoc />
    protected override ValueTask OnDestroyAsync(CancellationToken cancellationToken)
    {
        _instance?.Client.Dispose();
        return default;
    }

    private void Bind(BoundManifest manifest, Instance instance)
    {
        ClearActions();
        foreach (var action in manifest.Actions ?? [])
        {
            var call = new BoundCall(action, instance.Upstream, instance.Headers, instance.Sender, instance.Reader, Context.TimeProvider);
            RawAction(action.Id, (_, input, output, token) => call.InvokeAsync(input, output, token));
        }
    }

    private async ValueTask<ConnectionHealth> CheckSocketAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var socket = await Context.Network.ConnectAsync(Current.Upstream.Host, Current.Upstream.Port, cancellationToken);
            return ConnectionHealth.Healthy;
        }
        catch (ConnectorException exception)
        {
            return ConnectionHealth.Unhealthy(exception.Message);
        }
        catch (SocketException exception)
        {
            return ConnectionHealth.Unhealthy($"There is no connection to {Current.Upstream.Origin}: {exception.SocketErrorCode}.");
        }
    }

    private async ValueTask SendAsync(RequestInput input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var request = OutgoingRequest.Create(input, Current.Upstream, Current.Headers);
        using var response = await Current.Sender.SendAsync(request, cancellationToken);
        var status = (int)response.StatusCode;
        if (status >= 400 && !IsAnswer(status))
        {
            throw HttpFailure.OfStatus(status, response.Headers.RetryAfter, Context.TimeProvider.GetUtcNow());
        }

        await Current.Reader.WriteAsync(response, output, cancellationToken);
    }

    /// <summary>A refused credential stays an error: only then does the host get another token.</summary>
    private bool IsAnswer(int status) =>
        Current.Settings.StatusErrors == HttpSettings.Pass && (status != 401 || Context.Credentials.Type == CredentialTypes.None);

    private static T Read<T>(ReadOnlyMemory<byte> input, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(input.Span, type) ?? throw new JsonException();
        }
        catch (JsonException exception)
        {
            throw HttpFailure.Input($"The input does not fit at {exception.Path ?? "$"}.");
        }
    }

    /// <summary>What the settings gave.</summary>
    private sealed record Instance(
        HttpSettings Settings,
        Upstream Upstream,
        IReadOnlyDictionary<string, string> Headers,
        OutgoingRequest? Health,
        HttpMessageInvoker Client,
        RequestSender Sender,
        ResponseReader Reader);
}
