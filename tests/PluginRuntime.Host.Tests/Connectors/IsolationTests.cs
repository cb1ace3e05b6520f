using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests;
using Xunit.Abstractions;

namespace PluginRuntime.Host.Tests.Connectors;

/// <summary>A connector that misbehaves in every way an in-process connector can be helped with, beside a good one.</summary>
public sealed class IsolationTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Windows = 9;
    private const int Blocked = 32;

    private static readonly TimeSpan _window = TimeSpan.FromSeconds(2);
    private static readonly string[] _throws = ["timer", "thread", "async-void"];

    private readonly HostDirectory _directory = new HostDirectory().WithDrop();
    private HostProgram _host = null!;
    private HttpClient _good = null!;
    private HttpClient _bad = null!;

    public async Task InitializeAsync()
    {
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, _directory.Drop, "stubborn");
        _host = await HostProgram.StartAsync(_directory);
        _good = _host.Client(_directory);
        _bad = _host.Client(_directory);
        await _good.ConnectAsync("good", """{"connector":"demo","pool":{"size":4}}""");
        await _good.ConnectAsync("bad", Bad(4));
        await _good.ConnectAsync("blocking", Bad(Blocked));
    }

    public Task DisposeAsync()
    {
        _good?.Dispose();
        _bad?.Dispose();
        _host?.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Misbehaviour_OfEachKind_IsAttributedAndStopsNobody()
    {
        foreach (var how in _throws)
        {
            await (await _bad.PostAsync("api/instances/bad/actions/misbehave", $$"""{"how":"{{how}}"}""")).JsonAsync();
            await GoodAsync();
        }

        await (await CallAsync("bad", "misbehave", """{"how":"deaf"}""", "100ms")).ProblemAsync(HttpStatusCode.GatewayTimeout, "deadline.exceeded");
        await GoodAsync();
        await (await CallAsync("bad", "flood", "{}", "20s")).ProblemAsync(HttpStatusCode.BadGateway, "output.invalid");
        await GoodAsync();

        var blocked = Enumerable.Range(0, Blocked).Select(_ => CallAsync("blocking", "block", """{"milliseconds":4000}""", "100ms")).ToList();
        await Poll.UntilAsync(async () => await InUseAsync("blocking") == Blocked, () => "Not all of them block.");
        await GoodAsync();
        foreach (var call in blocked)
        {
            var problem = await (await call).ProblemAsync(HttpStatusCode.GatewayTimeout, "deadline.exceeded");
            Assert.Contains("'blocking'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        await Poll.UntilAsync(async () => (await UnhandledAsync()).Count == _throws.Length, () => "Not every exception is told of.");
        var told = await UnhandledAsync();
        Assert.All(told, one => Assert.Equal("stubborn", one.GetProperty("connector").GetString()));
        foreach (var text in new[] { "thrown by a timer", "thrown by a thread", "thrown by an async void" })
        {
            Assert.Single(told, one => one.GetProperty("detail").GetString()!.Contains(text, StringComparison.Ordinal));
            Assert.Contains(_host.Output.Split('\n'), line => line.Contains(text, StringComparison.Ordinal) && line.Contains("stubborn 1.0.0", StringComparison.Ordinal));
        }

        // What hangs is counted when its generation ends.
        await (await _bad.PostAsync("api/instances/bad/reconnect")).JsonAsync();
        await Poll.UntilAsync(
            async () => (await _good.SendAsync(HttpMethod.Get, "api/events?instance=bad", null, ("Accept", "application/json"))) is var answer
                && (await answer.JsonAsync()).GetRawText().Contains("\"abandoned\":\"1\"", StringComparison.Ordinal),
            () => "The abandoned call is not told of.");
        Assert.False(_host.HasExited);
    }

    /// <summary>In alternating windows of one run: what is measured is the neighbour, not the machine.</summary>
    [LongFact]
    public async Task Neighbour_EverythingAtOnce_HasAtMostTwiceItsTail()
    {
        await MeasureAsync();
        var (alone, beside) = (new List<double>(), new List<double>());
        for (var window = 0; window < Windows; window++)
        {
            alone.Add(await MeasureAsync());
            using var stop = new CancellationTokenSource();
            var misbehaving = MisbehaveAsync(stop.Token);
            await Poll.UntilAsync(async () => await InUseAsync("blocking") == Blocked, () => "Not all of them block.");
            beside.Add(await MeasureAsync());
            await stop.CancelAsync();
            await misbehaving;
            await Poll.UntilAsync(async () => await InUseAsync("blocking") == 0, () => "It still blocks.");
        }

        string Text(IEnumerable<double> values) => string.Join(' ', values.Select(value => value.ToString("0.0", CultureInfo.InvariantCulture)));
        output.WriteLine($"p99 in ms, alone: {Text(alone)}; beside: {Text(beside)}; medians {Text([Median(alone), Median(beside)])}");
        Assert.False(_host.HasExited);
        Assert.True(Median(beside) <= 2 * Median(alone), $"p99 alone {Text(alone)}, beside {Text(beside)}");
    }

    /// <returns>The 99th percentile of the good instance's calls in one window, in milliseconds.</returns>
    private async Task<double> MeasureAsync()
    {
        var times = new ConcurrentQueue<double>();
        var end = Stopwatch.GetTimestamp() + (long)(_window.TotalSeconds * Stopwatch.Frequency);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            while (Stopwatch.GetTimestamp() < end)
            {
                var start = Stopwatch.GetTimestamp();
                await GoodAsync();
                times.Enqueue(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
            }
        }));
        var sorted = times.Order().ToList();
        return sorted[(int)(sorted.Count * 0.99)];
    }

    private async Task MisbehaveAsync(CancellationToken stop)
    {
        var blocking = Enumerable.Range(0, Blocked).Select(_ => CallAsync("blocking", "block", """{"milliseconds":3500}""", "4s")).ToList();
        var round = 0;
        while (!stop.IsCancellationRequested)
        {
            await _bad.PostAsync("api/instances/bad/actions/misbehave", $$"""{"how":"{{_throws[round % _throws.Length]}}"}""");
            var deaf = CallAsync("bad", "misbehave", """{"how":"deaf"}""", "50ms");
            if (round++ % 4 == 1)
            {
                await CallAsync("bad", "flood", "{}", "5s");
            }

            await deaf;
        }

        await Task.WhenAll(blocking);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Windows / 2);

    private async Task GoodAsync() => await (await _good.PostAsync("api/instances/good/actions/echo", """{"a":1}""")).JsonAsync();

    private Task<HttpResponseMessage> CallAsync(string instance, string action, string input, string timeout) =>
        _bad.SendAsync(HttpMethod.Post, $"api/instances/{instance}/actions/{action}", Http.Json(input), ("Connector-Timeout", timeout));

    private async Task<int> InUseAsync(string instance) =>
        (await _good.GetJsonAsync($"api/instances/{instance}")).GetProperty("status").GetProperty("pool").GetProperty("inUse").GetInt32();

    private async Task<List<System.Text.Json.JsonElement>> UnhandledAsync()
    {
        var page = await _good.SendAsync(HttpMethod.Get, "api/events?type=connector.unhandled", null, ("Accept", "application/json"));
        return [.. (await page.JsonAsync()).GetProperty("items").EnumerateArray()];
    }

    private static string Bad(int size) =>
        $$"""{"connector":"stubborn","pool":{"size":{{size}},"min":1},"breaker":{"failures":1000000},"health":{"interval":"10m"},"drain":{"timeout":"1s"},"attemptTimeout":"1s"}""";
}
