using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using PluginRuntime.Execution;
using PluginRuntime.Tests.Management;

namespace PluginRuntime.Tests.Execution;

/// <summary>What calls tell meters and tracers.</summary>
public sealed class CallTelemetryTests : IAsyncLifetime
{
    private readonly RuntimeUnderTest _test = RuntimeUnderTest.Create();

    // Of its own: other tests call as well, and meters and sources are the process's.
    private readonly string _instance = "i" + Guid.NewGuid().ToString("N")[..12];

    public async Task InitializeAsync()
    {
        FixturePackages.DropProbe(_test.DropFolder, "1.0.0");
        await _test.StartAsync(options =>
            options.Instances[_instance] = RuntimeUnderTest.ProbeConfig("""{"retry":{"maxRetries":3,"baseDelay":"1ms","maxDelay":"5ms"}}"""));
        await _test.UntilVersionAsync("1.0.0", _instance);
    }

    public async Task DisposeAsync() => await _test.DisposeAsync();

    [Fact]
    public async Task Calls_AreMeasuredByTheirOutcome()
    {
        var measured = new ConcurrentQueue<(string Instrument, string Tags, double Value)>();
        using var listener = Listen(measured);

        await _test.CallAsync("who", "{}", _instance);
        await _test.CallAsync("fail", """{"kind":"unavailable","times":2}""", _instance);
        await Assert.ThrowsAsync<ConnectorFailedException>(() => _test.CallAsync("fail-once-only", """{"kind":"bug","times":99}""", _instance));
        await Assert.ThrowsAsync<ActionUnknownException>(() => _test.CallAsync("no-such-action-" + _instance, "{}", _instance));
        await Assert.ThrowsAsync<InputInvalidException>(() => _test.CallAsync("sleep", "{}", _instance));

        listener.RecordObservableInstruments();
        string Of(string action, string code) => $"action={action},code={code},connector=probe,instance={_instance}";
        Assert.Equal(
            [Of("who", "ok"), Of("fail", "ok"), Of("fail-once-only", "connector.bug"), Of("unknown", "action.unknown"), Of("sleep", "input.invalid")],
            measured.Where(one => one.Instrument == "pluginruntime.call.duration").Select(one => one.Tags));
        Assert.All(measured.Where(one => one.Instrument == "pluginruntime.call.duration"), one => Assert.InRange(one.Value, 0, 60));
        Assert.Equal(
            [(Of("fail", "connector.unavailable"), 2), (Of("fail", "ok"), 1), (Of("fail-once-only", "connector.bug"), 1), (Of("who", "ok"), 1)],
            measured.Where(one => one.Instrument == "pluginruntime.call.attempts").Select(one => (one.Tags, one.Value)).OrderBy(one => one.Tags, StringComparer.Ordinal));
        Assert.Equal(2, measured.Count(one => one.Instrument == "pluginruntime.call.retries"));
    }

    /// <summary>Of an action that completes at once, and of one that suspends.</summary>
    [Theory]
    [InlineData("who", "{}")]
    [InlineData("sleep", """{"milliseconds":1}""")]
    public async Task Calls_ListenerThrows_FailByTheirTask(string action, string input)
    {
        await _test.CallAsync(action, input, _instance);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "pluginruntime.call.duration")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        }
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            // Other tests measure with the same instrument.
            if (tags.ToArray().Contains(new("instance", _instance)) && tags.ToArray().Contains(new("code", "ok")))
            {
                throw new InvalidOperationException("the listener says no");
            }
        });
        listener.Start();

        var call = _test.Runtime.InvokeAsync(_instance, action, Encoding.UTF8.GetBytes(input), new ArrayBufferWriter<byte>());

        Assert.Equal("the listener says no", (await Assert.ThrowsAsync<InvalidOperationException>(call.AsTask)).Message);
        listener.Dispose();
        await _test.CallAsync(action, input, _instance);
    }

    [Fact]
    public async Task Instances_ShowHowTheyStand()
    {
        var measured = new ConcurrentQueue<(string Instrument, string Tags, double Value)>();
        using var listener = Listen(measured);
        await _test.CallAsync("who", "{}", _instance);

        listener.RecordObservableInstruments();

        Assert.Contains(("pluginruntime.instances", $"connector=probe,health=healthy,instance={_instance},state=connected,version=1.0.0", 1), measured);
        Assert.Contains(("pluginruntime.pool.size", $"connector=probe,instance={_instance}", 4), measured);
        Assert.Contains(("pluginruntime.pool.connections", $"connector=probe,instance={_instance},state=in_use", 0), measured);
        Assert.Equal(
            1,
            measured.Where(one => one.Instrument == "pluginruntime.pool.connections" && one.Tags.Contains(_instance, StringComparison.Ordinal)).Sum(one => one.Value));
    }

    [Fact]
    public async Task Spans_OfTheConnector_AreChildrenOfTheAttempt_AndPinNothing()
    {
        var ended = new ConcurrentQueue<Activity>();
        using (Trace(ended, "PluginRuntime", "Fixtures.Probe"))
        {
            using var request = new Activity("request").Start();
            await _test.CallAsync("trace", "{}", _instance);
            Assert.Same(request, Activity.Current);

            var (probe, attempt, call) = (
                Assert.Single(ended, one => one.OperationName == "probe" && one.TraceId == request.TraceId),
                Assert.Single(ended, one => one.OperationName == "attempt trace" && one.TraceId == request.TraceId),
                Assert.Single(ended, one => one.OperationName == "call trace" && one.TraceId == request.TraceId));
            Assert.Equal((request.SpanId, call.SpanId, attempt.SpanId), (call.ParentSpanId, attempt.ParentSpanId, probe.ParentSpanId));
            Assert.Equal((ActivityKind.Internal, ActivityKind.Client), (call.Kind, attempt.Kind));
            Assert.Equal(
                (_instance, "probe", "1.0.0", "trace", 1),
                (attempt.GetTagItem("pluginruntime.instance"), attempt.GetTagItem("pluginruntime.connector"), attempt.GetTagItem("pluginruntime.version"),
                    attempt.GetTagItem("pluginruntime.action"), attempt.GetTagItem("pluginruntime.attempt")));
            Assert.Equal("connection.rented", Assert.Single(attempt.Events).Name);
            Assert.Equal(ActivityStatusCode.Unset, call.Status);
            ended.Clear();
        }

        FixturePackages.DropProbe(_test.DropFolder, "1.1.0");
        await _test.UntilAsync(status => status.Previous is { Collected: true }, _instance);
    }

    [Fact]
    public async Task Spans_OfFailures_SayTheirCode()
    {
        var ended = new ConcurrentQueue<Activity>();
        using var listener = Trace(ended, "PluginRuntime");
        using var request = new Activity("request").Start();

        await Assert.ThrowsAsync<ConnectorFailedException>(() => _test.CallAsync("fail", """{"kind":"unavailable","times":99}""", _instance));

        var own = ended.Where(one => one.TraceId == request.TraceId).ToList();
        Assert.Equal(["attempt fail", "attempt fail", "attempt fail", "attempt fail", "call fail"], own.Select(one => one.OperationName));
        Assert.Equal([1, 2, 3, 4], own.SkipLast(1).Select(one => (int)one.GetTagItem("pluginruntime.attempt")!));
        Assert.All(own, one => Assert.Equal(("connector.unavailable", ActivityStatusCode.Error), (one.GetTagItem("error.type"), one.Status)));
    }

    private static ActivityListener Trace(ConcurrentQueue<Activity> ended, params string[] sources)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = source => sources.Contains(source.Name),
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private MeterListener Listen(ConcurrentQueue<(string Instrument, string Tags, double Value)> measured)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "PluginRuntime")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var all = tags.ToArray();
            if (all.Any(tag => tag.Value as string == _instance))
            {
                measured.Enqueue((instrument.Name, string.Join(',', all.OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}")), value));
            }
        }

        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        listener.Start();
        return listener;
    }
}
