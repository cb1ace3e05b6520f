extern alias host;

using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Startup;
using PluginRuntime.Host.State;
using PluginRuntime.Host.Tests.Cli;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Management;
using PluginRuntime.Tests;
using SqliteStateDatabase = host::PluginRuntime.Host.State.SqliteStateDatabase;

namespace PluginRuntime.Host.Tests.Startup;

public sealed class DrainTests : IDisposable
{
    private const string Drain = "api/admin/drain";
    private const string Echo = "api/instances/demo/actions/echo";

    private readonly HostDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Drain_FinishesWhatIsUnderWayAndUndoServesAtOnce()
    {
        using var host = await HostProgram.StartAsync(_directory);
        using var client = host.Client(_directory);
        await client.ConnectedAsync("demo");
        var generation = (await client.GetJsonAsync("api/instances/demo")).GetProperty("status").GetProperty("generation").GetRawText();
        var slow = client.PostAsync("api/instances/demo/actions/slow", """{"milliseconds":3000}""");
        await Poll.UntilAsync(
            async () => (await client.GetJsonAsync("api/instances/demo")).GetProperty("status").GetProperty("pool").GetProperty("inUse").GetInt32() == 1,
            () => "The call has not begun.");

        var accepted = await client.PostAsync(Drain);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        Assert.Equal("drain", (await accepted.JsonAsync()).GetProperty("kind").GetString());
        Assert.Equal(accepted.Headers.Location, (await client.PostAsync(Drain)).Headers.Location);
        var ready = await client.SendAsync(HttpMethod.Get, "health/ready");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, """{"status":"draining"}"""), (ready.StatusCode, await ready.Content.ReadAsStringAsync()));
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(HttpMethod.Get, "health/live")).StatusCode);
        JsonElement phase = default;
        await Poll.UntilAsync(
            async () => (phase = (await client.GetJsonAsync(accepted.Headers.Location!.ToString())).GetProperty("phases").EnumerateArray().Last()).GetProperty("name").GetString() == "calls"
                && phase.TryGetProperty("left", out _),
            () => $"{phase}");
        Assert.Equal(1, phase.GetProperty("left").GetInt32());

        foreach (var (path, body) in (IEnumerable<(string, string)>)[(Echo, "{}"), ("api/batch", """{"items":[]}""")])
        {
            var refused = await client.PostAsync(path, body);
            Assert.True((await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable, "host.draining")).GetProperty("retryable").GetBoolean());
            Assert.Equal(TimeSpan.FromSeconds(1), refused.Headers.RetryAfter!.Delta);
        }

        // Refused without being kept.
        await (await client.SendAsync(HttpMethod.Post, Echo, Http.Json("{}"), ("Idempotency-Key", "k"))).ProblemAsync(HttpStatusCode.ServiceUnavailable, "host.draining");
        Assert.Equal(HttpStatusCode.OK, (await slow).StatusCode);
        var ended = await client.EndOfAsync(accepted);
        Assert.Equal("succeeded", ended.GetProperty("status").GetString());
        Assert.Equal(["delay", "calls", "operations"], ended.GetProperty("phases").EnumerateArray().Select(one => one.GetProperty("name").GetString()));
        Assert.Equal([0, 0], ended.GetProperty("phases").EnumerateArray().Skip(1).Select(one => one.GetProperty("left").GetInt32()));

        await (await client.SendAsync(HttpMethod.Delete, Drain)).JsonAsync();
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(HttpMethod.Post, Echo, Http.Json("{}"), ("Idempotency-Key", "k"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(HttpMethod.Get, "health/ready")).StatusCode);
        Assert.Equal(generation, (await client.GetJsonAsync("api/instances/demo")).GetProperty("status").GetProperty("generation").GetRawText());
        await (await client.SendAsync(HttpMethod.Delete, Drain)).JsonAsync();
        using var page = await client.SendAsync(HttpMethod.Get, "api/events?limit=200", null, ("Accept", "application/json"));
        Assert.Equal(
            ["host.draining", "host.serving"],
            from told in (await page.JsonAsync()).GetProperty("items").EnumerateArray()
            let type = told.GetProperty("type").GetString()!
            where type.StartsWith("host.", StringComparison.Ordinal)
            select type);

        await client.EndOfAsync(await client.PostAsync(Drain));
        host.Terminate();
        Assert.Equal(0, await host.EndAsync());
    }

    [Fact]
    public async Task Drain_WithinTheDelay_ServesAndIsTakenBack()
    {
        using var host = await HostProgram.StartAsync(_directory, new Dictionary<string, string> { ["PluginRuntime__ShutdownDelay"] = "1h" });
        using var client = host.Client(_directory);
        await client.ConnectedAsync("demo");

        var accepted = await client.PostAsync(Drain);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.SendAsync(HttpMethod.Get, "health/ready")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync(Echo, "{}")).StatusCode);
        await client.SendAsync(HttpMethod.Delete, Drain);

        var ended = await client.EndOfAsync(accepted);
        Assert.Equal(("failed", "drain.undone"), (ended.GetProperty("status").GetString(), ended.GetProperty("code").GetString()));
        Assert.NotEqual(accepted.Headers.Location, (await client.PostAsync(Drain)).Headers.Location);
    }

    [Fact]
    public async Task Begin_ByTheClock_RefusesAfterTheDelayAndWaitsForCalls()
    {
        var time = new ManualTimeProvider();
        await using var database = await SqliteStateDatabase.OpenAsync(Path.Combine(_directory.Path, "state.db"));
        var state = new SqlStateStore(database, await StateSealing.OpenAsync(database, new(Path.Combine(_directory.Path, "seal.key"))));
        await using var runtime = new ConnectorRuntime(new() { DataDirectory = _directory.Path }, state, time, NullLoggerFactory.Instance);
        var drain = new HostDrain(runtime, TimeSpan.FromHours(1), time);
        Assert.Equal((false, TimeSpan.FromHours(1)), (drain.IsDraining, drain.DelayLeft));

        var operation = drain.Begin();
        var call = drain.Enter();
        time.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal((true, TimeSpan.FromMinutes(40)), (drain.IsDraining, drain.DelayLeft));
        drain.Enter().Dispose();
        time.Advance(TimeSpan.FromMinutes(40));
        await Poll.UntilAsync(() => operation.Snapshot().Phases.Any(phase => phase.Left == 1), () => $"{operation.Snapshot()}");
        Assert.Throws<HostDrainingException>(() => drain.Enter());
        Assert.Equal(TimeSpan.Zero, drain.DelayLeft);

        call.Dispose();
        await Poll.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return operation.Ended.IsCompleted;
            },
            () => $"{operation.Snapshot()}");
        Assert.True(drain.TryUndo());
        drain.Enter().Dispose();
        Assert.False(drain.TryUndo());
        Assert.Equal(OperationStatus.Succeeded, operation.Snapshot().Status);
    }

    [Fact]
    public async Task Command_DrainsAndTakesItBack()
    {
        using var host = await HostProgram.StartAsync(_directory);
        string[] where = ["--url", host.Url!.ToString(), "--key", (await File.ReadAllTextAsync(_directory.KeyFile)).Trim()];

        var drained = await CliRun.OfAsync(["drain", .. where]);
        var json = await CliRun.OfAsync(["drain", "--json", .. where]);
        var undone = await CliRun.OfAsync(["drain", "--undo", .. where]);
        var again = await CliRun.OfAsync(["drain", "--undo", .. where]);

        Assert.Equal(
            new CliRun(0, "The host takes no calls, and nothing is under way. It can be stopped, or go on: connector drain --undo." + Environment.NewLine, ""), drained);
        Assert.Equal("succeeded", JsonElement.Parse(json.Output).GetProperty("status").GetString());
        Assert.Equal(new CliRun(0, "The host takes calls again." + Environment.NewLine, ""), undone);
        Assert.Equal(new CliRun(0, "The host was not being drained." + Environment.NewLine, ""), again);
    }
}
