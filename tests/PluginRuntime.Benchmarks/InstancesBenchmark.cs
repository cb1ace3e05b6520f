using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PluginRuntime.Benchmarks;

/// <summary>1,000 and 10,000 instances of the connector <c>demo</c> on one host, with one pre-opened connection each: memory and time for each.</summary>
internal static class InstancesBenchmark
{
    private static readonly int[] _sizes = [1, 1_000, 10_000];

    internal static async Task RunAsync(Report report)
    {
        var empty = 0L;
        foreach (var size in _sizes)
        {
            var directory = Directory.CreateTempSubdirectory("instances-");
            try
            {
                Write(directory.FullName, size);
                var began = Stopwatch.GetTimestamp();
                using var host = await HostChild.StartAsync(directory.FullName);
                using var client = host.Client(directory.FullName);
                await ConnectedAsync(client, size);
                var elapsed = Stopwatch.GetElapsedTime(began);
                empty = size == 1 ? host.ResidentBytes : empty;
                report.Count($"{size}.listenMs", host.ListenedAfter.TotalMilliseconds);
                report.Count($"{size}.connectedMs", elapsed.TotalMilliseconds);
                report.Count($"{size}.residentMb", host.ResidentBytes / 1048576.0);
                if (size > 1)
                {
                    report.Count($"{size}.msPerInstance", elapsed.TotalMilliseconds / size);
                    report.Count($"{size}.kbPerInstance", (host.ResidentBytes - empty) / 1024.0 / size);
                }
            }
            finally
            {
                directory.Delete(recursive: true);
            }
        }
    }

    private static void Write(string directory, int size)
    {
        var instances = new JsonObject();
        for (var i = 0; i < size; i++)
        {
            instances[$"instance-{i}"] = new JsonObject { ["connector"] = "demo", ["pool"] = new JsonObject { ["size"] = 4, ["min"] = 1 } };
        }

        File.WriteAllText(Path.Combine(directory, "connectors.json"), new JsonObject { ["instances"] = instances }.ToJsonString());
    }

    private static async Task ConnectedAsync(HttpClient client, int size)
    {
        while (await CountAsync(client) < size)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        }
    }

    /// <returns>How many are connected, up to the first page of the list that has one which is not.</returns>
    private static async Task<int> CountAsync(HttpClient client)
    {
        var (count, cursor) = (0, "");
        while (true)
        {
            var page = await client.GetFromJsonAsync<JsonElement>(new Uri($"/api/instances?limit=200{cursor}", UriKind.Relative));
            var items = page.GetProperty("items");
            var connected = items.EnumerateArray().Count(item =>
                item.GetProperty("status").GetProperty("isConnected").GetBoolean() && item.GetProperty("name").GetString() != "demo");
            count += connected;
            if (page.GetProperty("nextCursor").GetString() is not { } next || connected < items.GetArrayLength() - 1)
            {
                return count;
            }

            cursor = $"&cursor={Uri.EscapeDataString(next)}";
        }
    }
}
