using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Connectors.Http;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

/// <summary>The connector bound to a manifest with one action <c>act</c>, which the host's reader accepts.</summary>
internal sealed class BoundFixture : IAsyncDisposable
{
    private readonly IConnector _connector = new HttpConnector();
    private object? _connection;

    internal ManualTimeProvider Clock { get; } = new();

    internal IReadOnlyList<ConnectorAction> Actions => _connector.Actions;

    /// <param name="baseUrl">Where the API is.</param>
    /// <param name="http">How the action is carried out. Its input may be anything: <c>a</c>, <c>b</c>, <c>c</c>.</param>
    /// <param name="credentials">What to authenticate with.</param>
    /// <param name="healthPath">What the check requests.</param>
    internal static async Task<BoundFixture> OpenAsync(string baseUrl, string http, IConnectorCredentials? credentials = null, string? healthPath = null)
    {
        var fixture = new BoundFixture();
        var manifest = Encoding.UTF8.GetBytes(Manifest(baseUrl, http, healthPath));
        Assert.Empty(ManifestReader.Read(manifest).Errors);
        await fixture._connector.InitializeAsync(
            new()
            {
                Instance = "test",
                Version = "2.3.4",
                Manifest = manifest,
                Credentials = credentials ?? NoCredentials.Instance,
                TimeProvider = fixture.Clock,

                // Not the connector's own settings: what the manifest says stands.
                Settings = """{"baseUrl":"http://evil.example","headers":{"X-Evil":"1"},"statusErrors":"pass"}"""u8.ToArray(),
            },
            default);
        fixture._connection = await fixture._connector.OpenAsync(default);
        return fixture;
    }

    internal static string Manifest(string baseUrl, string http, string? healthPath = null)
    {
        var api = new JsonObject { ["baseUrl"] = baseUrl };
        if (healthPath is not null)
        {
            api["healthPath"] = healthPath;
        }

        return new JsonObject
        {
            ["manifestVersion"] = 1,
            ["id"] = "bound",
            ["name"] = "Bound",
            ["version"] = "2.3.4",
            ["auth"] = new JsonObject { ["type"] = "any", ["headerName"] = "X-Key" },
            ["actions"] = new JsonArray(new JsonObject
            {
                ["id"] = "act",
                ["name"] = "Act",
                ["inputSchema"] = JsonNode.Parse("""{"properties":{"a":true,"b":true,"c":true},"required":["a","b"]}"""),
                ["http"] = JsonNode.Parse(http),
            }),
            ["http"] = api,
        }.ToJsonString();
    }

    internal Task<JsonElement> CallAsync(string input = "{}", CancellationToken cancellationToken = default) =>
        _connector.CallAsync(_connection!, "act", input, cancellationToken);

    internal Task<ConnectorException> FailAsync(string input = "{}") => _connector.FailAsync(_connection!, "act", input);

    internal ValueTask<ConnectionHealth> CheckAsync() => _connector.CheckAsync(_connection!, default);

    public async ValueTask DisposeAsync()
    {
        await _connector.CloseAsync(_connection!, default);
        await _connector.DestroyAsync(default);
    }
}
