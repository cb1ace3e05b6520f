using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Packages;
using Xunit.Abstractions;

namespace PluginRuntime.Host.Tests.Connectors;

/// <summary>A host that ships nothing gets the sqlite connector, with the libraries that it really needs, from one feed.</summary>
public sealed class SqliteFeedTests(ITestOutputHelper output)
{
    private const int Callers = 4;

    private int _calls;

    [Fact]
    public async Task Feed_PublishesANewerSqlite_IsSwappedInByOnePollWithoutAFailedCall()
    {
        await using var feed = new LoopbackFeed([Sqlite("1.0.0"), Sqlite("1.1.0"), .. Needed()]);
        using var directory = new HostDirectory();
        using var host = await HostProgram.StartAsync(directory, SourceSettings.Of(("feed", feed.Index, "*")), "--no-built-ins");
        using var client = host.Client(directory);
        Assert.Empty((await client.GetJsonAsync("api/connectors")).GetProperty("items").EnumerateArray());

        var installed = await client.EndOfAsync(await client.PostAsync("api/packages", """{"id":"sqlite","version":"^1.0"}"""));
        Assert.True(Text(installed, "status") == "succeeded", installed.GetRawText());
        await client.ConnectAsync("orders", """{"connector":"sqlite","version":"^1.0","settings":{"dataSource":"orders.db"},"pool":{"size":4}}""");
        Assert.Equal("1.1.0", await VersionAsync(client));
        await CallAsync(client, "execute", """{"sql":"CREATE TABLE orders (id INTEGER)"}""");
        await CallAsync(client, "execute", """{"sql":"INSERT INTO orders VALUES (42)"}""");

        using var stop = new CancellationTokenSource();
        var callers = Enumerable.Range(0, Callers).Select(_ => Task.Run(() => LoadAsync(client, stop.Token))).ToList();
        await CallsAsync(Callers, callers);
        var downloads = Downloads(feed);
        feed.Add(Sqlite("1.2.0"));
        var polled = await client.EndOfAsync(await client.PostAsync("api/packages/poll"));
        Assert.True(Text(polled, "status") == "succeeded", polled.GetRawText());
        Assert.Equal("1.2.0", await VersionAsync(client));

        // Of the calls that end from here on at most as many as there are callers began before the swap.
        await CallsAsync(Callers + 1, callers);
        await stop.CancelAsync();
        var failures = (await Task.WhenAll(callers)).SelectMany(failed => failed).ToList();

        output.WriteLine($"{_calls} calls, {failures.Count} failed; {Downloads(feed) - downloads} package downloaded for the update, {downloads} before");
        Assert.Empty(failures);
        Assert.Equal(downloads + 1, Downloads(feed));
        var packages = (await client.GetJsonAsync("api/packages")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["1.1.0", "1.2.0"], packages.Select(package => Text(package, "version")));
        var resolved = Resolved().Select(package => (package.Id, package.Version)).ToHashSet();
        Assert.All(packages, package => Assert.Equal(
            resolved, package.GetProperty("needs").EnumerateArray().Select(need => (Text(need, "id"), Text(need, "version"))).ToHashSet()));
    }

    private static byte[] Sqlite(string version) => TestPackages.Connector(
        Repository.OutputOf("plugins/Sqlite"),
        new()
        {
            Version = version,
            Dependencies = [.. Resolved().Where(package => package.IsDirect).Select(package => (package.Id, $"[{package.Version}, )")), ("PluginRuntime.Sdk", "[1.0.0, )")],
        });

    /// <summary>What the connector was built with, from where the build took it.</summary>
    private static IEnumerable<byte[]> Needed()
    {
        var folder = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set
            ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return Resolved().Select(package =>
        {
            var (id, version) = (package.Id.ToLowerInvariant(), package.Version);
            return File.ReadAllBytes(Path.Combine(folder, id, version, $"{id}.{version}.nupkg"));
        });
    }

    private static IEnumerable<(string Id, string Version, bool IsDirect)> Resolved() =>
        JsonElement.Parse(File.ReadAllText(Path.Combine(Repository.Root, "plugins", "Sqlite", "packages.lock.json")))
            .GetProperty("dependencies").GetProperty("net10.0").EnumerateObject()
            .Where(package => package.Name.Contains("sqlite", StringComparison.OrdinalIgnoreCase))
            .Select(package => (package.Name, Text(package.Value, "resolved"), Text(package.Value, "type") == "Direct"));

    private static int Downloads(LoopbackFeed feed) => feed.Requests.Count(request => request.Path.EndsWith(".nupkg", StringComparison.Ordinal));

    /// <summary>Waits until so many more calls have ended.</summary>
    private Task CallsAsync(int more, List<Task<List<string>>> callers)
    {
        var calls = Volatile.Read(ref _calls);
        return Poll.UntilAsync(() => Volatile.Read(ref _calls) >= calls + more || callers.Exists(caller => caller.IsCompleted), () => "Nobody calls any more.");
    }

    /// <returns>What was answered to calls that failed.</returns>
    private async Task<List<string>> LoadAsync(HttpClient client, CancellationToken cancellationToken)
    {
        var failed = new List<string>();
        while (!cancellationToken.IsCancellationRequested)
        {
            var answer = await client.PostAsync("api/instances/orders/actions/query", """{"sql":"SELECT id FROM orders"}""");
            var text = await answer.Content.ReadAsStringAsync(CancellationToken.None);
            if (!answer.IsSuccessStatusCode || !text.Contains("42", StringComparison.Ordinal))
            {
                failed.Add($"{(int)answer.StatusCode} {text}");
            }

            Interlocked.Increment(ref _calls);
        }

        return failed;
    }

    private static async Task CallAsync(HttpClient client, string action, string input) =>
        await (await client.PostAsync($"api/instances/orders/actions/{action}", input)).JsonAsync();

    private static async Task<string> VersionAsync(HttpClient client) =>
        Text((await client.GetJsonAsync("api/instances/orders")).GetProperty("status").GetProperty("generation"), "version");

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
