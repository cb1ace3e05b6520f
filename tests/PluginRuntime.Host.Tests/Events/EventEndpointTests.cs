using System.Net;
using System.Text.Json;
using PluginRuntime.Diagnostics;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Events;

/// <summary>With a host of its own: every event counts.</summary>
public sealed class EventEndpointTests
{
    [Fact]
    public async Task Stream_ResumedDuringABurst_MissesNoneAndRepeatsNone()
    {
        using var directory = new HostDirectory();
        using var host = await HostProgram.StartAsync(directory);
        using var client = host.Client(directory);
        await client.ConnectedAsync("demo");
        var start = (await PageAsync(client))[^1];
        var burst = Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                await (await client.SendAsync(HttpMethod.Put, "api/logging/Burst", Http.Json("""{"level":"Debug"}"""))).JsonAsync();
            }
        });

        // Cut off after every few events, and resumed by the last one's id.
        var seen = new List<long>();
        while (seen.Count < 40)
        {
            await using var reader = await EventReader.OpenAsync(
                client, "api/events?type=logging.level", seen.Count > 0 ? $"{seen[^1]}" : $"{start}");
            for (var i = 0; i < 3 && seen.Count < 40; i++)
            {
                var (id, type, data) = (await reader.NextAsync())!.Value;
                Assert.Equal((EventTypes.LogLevel, id), (type, data.GetProperty("sequence").GetInt64()));
                seen.Add(id);
            }
        }

        await burst;
        Assert.Equal(seen.Order().Distinct(), seen);
        Assert.Equal(seen, await PageAsync(client, $"?after={start}&type=logging.level&limit=200"));
    }

    [Fact]
    public async Task Kill_NoNumberComesTwice_AndWhatWasStoredIsThere()
    {
        using var directory = new HostDirectory();
        long last;
        using (var host = await HostProgram.StartAsync(directory))
        {
            using var client = host.Client(directory);
            await client.ConnectedAsync("demo");
            await (await client.SendAsync(HttpMethod.Put, "api/logging/Mark", Http.Json("""{"level":"Debug"}"""))).JsonAsync();
            last = (await PageAsync(client))[^1];
            host.Kill();
            await host.EndAsync();
        }

        using (var host = await HostProgram.StartAsync(directory))
        {
            using var client = host.Client(directory);
            var started = (await ItemsAsync(client, "?type=runtime.started")).Last();
            Assert.True(started.GetProperty("sequence").GetInt64() > last);
            Assert.Equal("false", started.GetProperty("data").GetProperty("clean").GetString());

            // A client that saw the last event before the kill goes on behind it.
            await using var reader = await EventReader.OpenAsync(client, lastEventId: $"{last}");
            Assert.True((await reader.NextAsync())!.Value.Id > last);
            last = (await PageAsync(client))[^1];
            host.Terminate();
            Assert.Equal(0, await host.EndAsync());
        }

        using (var host = await HostProgram.StartAsync(directory))
        {
            using var client = host.Client(directory);
            var items = await ItemsAsync(client, "?type=runtime.started");
            Assert.Equal(["true", "false", "true"], items.Select(item => item.GetProperty("data").GetProperty("clean").GetString()));
            Assert.True(items[^1].GetProperty("sequence").GetInt64() > last);
            Assert.Equal(3, items.Select(item => item.GetProperty("sequence").GetInt64()).Distinct().Count());
        }
    }

    [Fact]
    public async Task Stop_EndsStreamsAtOnce()
    {
        using var directory = new HostDirectory();
        using var host = await HostProgram.StartAsync(directory);
        using var client = host.Client(directory);
        await client.ConnectedAsync("demo");
        var readers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => EventReader.OpenAsync(client)));

        host.Terminate();

        foreach (var reader in readers)
        {
            while (await reader.NextAsync() is not null)
            {
            }

            await reader.DisposeAsync();
        }

        Assert.Equal(0, await host.EndAsync());
        Assert.DoesNotContain("shutdown timeout", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_FilterAndGoOn_WrongOnesAreRefused()
    {
        using var directory = new HostDirectory();
        using var host = await HostProgram.StartAsync(directory);
        using var client = host.Client(directory);
        await client.ConnectedAsync("demo");

        Assert.All(await ItemsAsync(client, "?instance=demo"), item => Assert.Equal("demo", item.GetProperty("instance").GetString()));
        var published = Assert.Single(await ItemsAsync(client, "?instance=demo&type=instance.published,instance.failed"));
        Assert.Equal("1.0.0", published.GetProperty("version").GetString());
        var all = await PageAsync(client);
        var first = await GetAsync(client, "?after=0&limit=1");
        Assert.Equal(all[0], Assert.Single(first.GetProperty("items").EnumerateArray()).GetProperty("sequence").GetInt64());
        var second = await GetAsync(client, $"?limit=1&cursor={first.GetProperty("nextCursor").GetString()}");
        Assert.Equal(all[1], Assert.Single(second.GetProperty("items").EnumerateArray()).GetProperty("sequence").GetInt64());

        await (await client.SendAsync(HttpMethod.Get, "api/events?after=999999999")).ProblemAsync(HttpStatusCode.Gone, "events.gone");
        await (await client.SendAsync(HttpMethod.Get, "api/events", null, ("Last-Event-ID", "999999999"))).ProblemAsync(HttpStatusCode.Gone, "events.gone");
        await (await client.SendAsync(HttpMethod.Get, "api/events?after=999999999", null, ("Accept", "application/json"))).ProblemAsync(HttpStatusCode.Gone, "events.gone");
        await (await client.SendAsync(HttpMethod.Get, "api/events", null, ("Last-Event-ID", "x"))).ProblemAsync(HttpStatusCode.BadRequest, "header.invalid");
        await (await client.SendAsync(HttpMethod.Get, "api/events?after=-1")).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
        await (await client.SendAsync(HttpMethod.Get, "api/events?type=nothing")).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
        await (await client.SendAsync(HttpMethod.Get, "api/events?limit=5")).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
        using var nobody = new HttpClient { BaseAddress = host.Url };
        await (await nobody.SendAsync(HttpMethod.Get, "api/events")).ProblemAsync(HttpStatusCode.Unauthorized, "auth.required");
    }

    private static async Task<JsonElement> GetAsync(HttpClient client, string query) =>
        await (await client.SendAsync(HttpMethod.Get, "api/events" + query, null, ("Accept", "application/json"))).JsonAsync();

    private static async Task<List<JsonElement>> ItemsAsync(HttpClient client, string query) =>
        [.. (await GetAsync(client, query)).GetProperty("items").EnumerateArray()];

    private static async Task<List<long>> PageAsync(HttpClient client, string query = "?limit=200") =>
        [.. (await ItemsAsync(client, query)).Select(item => item.GetProperty("sequence").GetInt64())];
}
