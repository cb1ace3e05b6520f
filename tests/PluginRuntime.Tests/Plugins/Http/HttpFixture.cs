using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Connectors.Http;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

/// <summary>The connector with one connection, at a server of its own or at any base URL. Every result is held against the output schema.</summary>
internal sealed class HttpFixture : IAsyncDisposable
{
    private static readonly JsonSchema _output = Schema(connector => connector.OutputSchema!.Value);

    private readonly IConnector _connector = new HttpConnector();
    private object? _connection;

    internal ManualTimeProvider Clock { get; } = new();

    internal static async Task<HttpFixture> OpenAsync(string baseUrl, object? settings = null, IConnectorCredentials? credentials = null)
    {
        var fixture = new HttpFixture();
        var json = JsonSerializer.SerializeToNode(settings ?? new { })!.AsObject();
        json["baseUrl"] = baseUrl;
        await fixture._connector.InitializeAsync(
            new()
            {
                Instance = "test",
                Version = "1.0.0",
                Settings = Encoding.UTF8.GetBytes(json.ToJsonString()),
                Credentials = credentials ?? NoCredentials.Instance,
                TimeProvider = fixture.Clock,
            },
            default);
        fixture._connection = await fixture._connector.OpenAsync(default);
        return fixture;
    }

    internal Task<JsonElement> RequestAsync(object input, CancellationToken cancellationToken = default) => CallAsync("request", input, cancellationToken);

    internal Task<JsonElement> GetAsync(string path, CancellationToken cancellationToken = default) => CallAsync("get", new { path }, cancellationToken);

    internal Task<ConnectorException> FailAsync(object input) => _connector.FailAsync(_connection!, "request", JsonSerializer.Serialize(input));

    internal Task<ConnectorException> FailGetAsync(string path) => _connector.FailAsync(_connection!, "get", JsonSerializer.Serialize(new { path }));

    internal ValueTask<ConnectionHealth> CheckAsync(CancellationToken cancellationToken = default) => _connector.CheckAsync(_connection!, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _connector.CloseAsync(_connection!, default);
        await _connector.DestroyAsync(default);
    }

    internal static JsonSchema Schema(Func<ConnectorAction, JsonElement> choose) =>
        JsonSchema.Compile(choose(new HttpConnector().Actions[0])).Schema!;

    private async Task<JsonElement> CallAsync(string action, object input, CancellationToken cancellationToken)
    {
        var result = await _connector.CallAsync(_connection!, action, JsonSerializer.Serialize(input), cancellationToken);
        Assert.Empty(_output.Validate(Encoding.UTF8.GetBytes(result.GetRawText())));
        return result;
    }
}
