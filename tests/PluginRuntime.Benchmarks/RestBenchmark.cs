using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using PluginRuntime.Tests;

namespace PluginRuntime.Benchmarks;

/// <summary>
/// Calls over REST: an echo action beside a bare endpoint that parses and writes the same JSON, in alternating windows; and 100 swaps under
/// that load, in which every answer has to be a 200. Load and servers share the machine.
/// </summary>
internal static class RestBenchmark
{
    private const int Clients = 16;
    private const int Windows = 5;
    private const int Swaps = 100;
    private const string Json = """{"text":"hello","numbers":[1,2,3],"nested":{"a":true}}""";

    private static readonly TimeSpan _window = TimeSpan.FromSeconds(3);

    internal static async Task RunAsync(Report report)
    {
        var directory = Directory.CreateTempSubdirectory("rest-");
        try
        {
            var drop = Directory.CreateDirectory(Path.Combine(directory.FullName, "drop"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            FixturePackages.Drop(FixturePackages.Built("Steady"), drop.FullName, "steady-1.0.0", "1.0.0");
            FixturePackages.Drop(FixturePackages.Built("Steady"), drop.FullName, "steady-1.1.0", "1.1.0");
            using var host = await HostChild.StartAsync(directory.FullName);
            using var client = host.Client(directory.FullName);
            await PutAsync(client, "echo", """{"connector":"demo"}""");
            await PutAsync(client, "steady", """{"connector":"steady","bake":{"time":"0s"}}""");
            await using var bare = await BareEndpoint.StartAsync();
            await CompareAsync(report, host.Url, new(bare.Urls.First()), HostChild.Key(directory.FullName));
            await SwapAsync(report, client, host.Url, HostChild.Key(directory.FullName));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static async Task CompareAsync(Report report, Uri host, Uri bare, string key)
    {
        var (echo, plain) = (
            new RestLoad(host, Clients, RestLoad.Post(host, "/api/instances/echo/actions/echo", Json, key)),
            new RestLoad(bare, Clients, RestLoad.Post(bare, BareEndpoint.Path, Json, null)));
        var (echoed, plained) = (new List<double>(), new List<double>());
        for (var window = 0; window <= Windows; window++)
        {
            echoed.Add(await echo.RunAsync(_window));
            plained.Add(await plain.RunAsync(_window));
        }

        // The first window compiles.
        var (ours, theirs) = (Paired.Median(echoed.Skip(1)), Paired.Median(plained.Skip(1)));
        report.Count("echo.perSecond", ours);
        report.Count("bare.perSecond", theirs);
        report.Count("echo.throughputRatio", ours / theirs);
        report.Count("echo.notOk", echo.Other);
    }

    private static async Task SwapAsync(Report report, HttpClient client, Uri host, string key)
    {
        var load = new RestLoad(host, Clients, RestLoad.Post(host, "/api/instances/steady/actions/fast", "{}", key));
        using var stop = new CancellationTokenSource();
        var running = load.RunAsync(stop.Token);
        for (var swap = 0; swap < Swaps; swap++)
        {
            await SwapToAsync(client, swap % 2 == 0 ? "1.0.0" : "1.1.0");
        }

        await stop.CancelAsync();
        report.Count("swap.callsPerSecond", await running);
        report.Count("swap.swaps", Swaps);
        report.Count("swap.ok", load.Ok);
        report.Count("swap.notOk", load.Other);
    }

    private static async Task PutAsync(HttpClient client, string name, string config)
    {
        using var content = new StringContent(config, Encoding.UTF8, "application/json");
        (await client.PutAsync(new Uri($"/api/instances/{name}", UriKind.Relative), content)).EnsureSuccessStatusCode();
        (await client.PostAsync(new Uri($"/api/instances/{name}/connect", UriKind.Relative), null)).EnsureSuccessStatusCode();
    }

    private static async Task SwapToAsync(HttpClient client, string version)
    {
        using var answer = await client.PostAsJsonAsync(new Uri("/api/instances/steady/swap", UriKind.Relative), new { version });
        var location = answer.EnsureSuccessStatusCode().Headers.Location!;
        while (true)
        {
            var operation = await client.GetFromJsonAsync<JsonElement>(location);
            switch (operation.GetProperty("status").GetString())
            {
                case "succeeded":
                    return;
                case "failed":
                    throw new InvalidOperationException($"The swap to {version} failed: {operation}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }
}
