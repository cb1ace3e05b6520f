using System.Text.Json;
using PluginRuntime.Connectors.Files;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.Files;

/// <summary>The connector on a directory of its own, with one connection open, and a directory beside it that it must not reach.</summary>
internal sealed class FilesFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IConnector _connector = new FilesConnector();
    private readonly List<object> _connections = [];

    /// <summary>The jail.</summary>
    internal string Inside => Path.Combine(_directory.Path, "inside");

    internal string Outside => Path.Combine(_directory.Path, "outside");

    internal static async Task<FilesFixture> CreateAsync(int? maxBytes = null, bool mustExist = false)
    {
        var fixture = new FilesFixture();
        fixture._directory.Write("outside/secret.txt", "outside");
        await fixture._connector.InitializeAsync(
            new()
            {
                Instance = "test",
                Version = "1.0.0",
                Settings = JsonSerializer.SerializeToUtf8Bytes(new { directory = fixture.Inside, maxBytes = maxBytes ?? 8 * 1024 * 1024, mustExist }),
            },
            default);
        if (!mustExist)
        {
            await fixture.OpenAsync();
        }

        return fixture;
    }

    internal async Task<object> OpenAsync()
    {
        var connection = await _connector.OpenAsync(default);
        _connections.Add(connection);
        return connection;
    }

    /// <summary>Makes a file below the jail, past the connector.</summary>
    internal string Put(string path, string content) => _directory.Write($"inside/{path}", content);

    internal string Get(string path) => File.ReadAllText(Path.Combine(Inside, path));

    internal void Link(string path, string target) => File.CreateSymbolicLink(Path.Combine(Inside, path), target);

    internal Task<JsonElement> CallAsync(string action, object input, object? connection = null, CancellationToken cancellationToken = default) =>
        _connector.CallAsync(connection ?? _connections[0], action, JsonSerializer.Serialize(input), cancellationToken);

    internal Task<ConnectorException> FailAsync(string action, object input) =>
        _connector.FailAsync(_connections[0], action, input as string ?? JsonSerializer.Serialize(input));

    internal async Task<string> ReadAsync(string path) => (await CallAsync("read", new { path })).GetProperty("content").GetString()!;

    internal Task<JsonElement> WriteAsync(string path, string content, string mode = "replace") => CallAsync("write", new { path, content, mode });

    internal async Task<List<string>> ListAsync(object input) =>
        [.. (await CallAsync("list", input)).GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("path").GetString()!)];

    internal ValueTask<ConnectionHealth> CheckAsync() => _connector.CheckAsync(_connections[0], default);

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            await _connector.CloseAsync(connection, default);
        }

        await _connector.DestroyAsync(default);
        _directory.Dispose();
    }
}
