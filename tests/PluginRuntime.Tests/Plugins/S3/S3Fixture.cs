using System.Text.Json;
using PluginRuntime.Connectors.S3;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.S3;

/// <summary>The connector with one connection open, and a directory to transfer files in.</summary>
internal sealed class S3Fixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IConnector _connector = new S3Connector();
    private object? _connection;

    internal string Folder => _directory.Path;

    /// <param name="port">The server's.</param>
    /// <param name="settings">In addition to those that the server needs.</param>
    /// <param name="credentials">Default: those of <see cref="SwiftServer"/>.</param>
    /// <param name="timeProvider">Default: the system's.</param>
    /// <param name="network">Default: one that reaches everything.</param>
    internal static async Task<S3Fixture> CreateAsync(
        int port, object? settings = null, IConnectorCredentials? credentials = null, TimeProvider? timeProvider = null, IConnectorNetwork? network = null)
    {
        var fixture = new S3Fixture();
        var json = JsonSerializer.SerializeToNode(new { bucket = SwiftServer.Bucket, tls = false, directory = fixture.Folder })!.AsObject();
        foreach (var (name, value) in JsonSerializer.SerializeToNode(settings ?? new { })!.AsObject())
        {
            json[name] = value?.DeepClone();
        }

        await fixture._connector.InitializeAsync(
            new()
            {
                Instance = "test",
                Version = "1.0.0",
                Host = SwiftServer.Host,
                Port = port,
                Settings = JsonSerializer.SerializeToUtf8Bytes(json),
                Credentials = credentials ?? new BasicCredentials(SwiftServer.AccessKey, SwiftServer.SecretKey),
                TimeProvider = timeProvider ?? TimeProvider.System,
                Network = network ?? DirectNetwork.Instance,
            },
            default);
        fixture._connection = await fixture._connector.OpenAsync(default);
        return fixture;
    }

    internal Task<JsonElement> CallAsync(string action, object input, CancellationToken cancellationToken = default) =>
        _connector.CallAsync(_connection!, action, JsonSerializer.Serialize(input), cancellationToken);

    internal Task<ConnectorException> FailAsync(string action, object input) =>
        _connector.FailAsync(_connection!, action, JsonSerializer.Serialize(input));

    internal async Task<string> GetAsync(string key) => (await CallAsync("get", new { key })).GetProperty("content").GetString()!;

    internal Task<JsonElement> PutAsync(string key, string content) => CallAsync("put", new { key, content });

    internal ValueTask<ConnectionHealth> CheckAsync() => _connector.CheckAsync(_connection!, default);

    /// <summary>Makes a file of bytes that differ everywhere.</summary>
    internal string Put(string path, int size, int seed = 1)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        var full = Path.Combine(Folder, path);
        File.WriteAllBytes(full, bytes);
        return full;
    }

    public async ValueTask DisposeAsync()
    {
        await _connector.CloseAsync(_connection!, default);
        await _connector.DestroyAsync(default);
        _directory.Dispose();
    }
}
