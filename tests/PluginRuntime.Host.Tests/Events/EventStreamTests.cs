using System.IO.Pipelines;
using System.Text;
using PluginRuntime.Diagnostics;
using PluginRuntime.Host.Events;
using PluginRuntime.Tests;

namespace PluginRuntime.Host.Tests.Events;

public sealed class EventStreamTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly EventTrail _trail;
    private readonly CancellationTokenSource _left = new();
    private bool _mayRead = true;

    public EventStreamTests() => _trail = new(_time);

    [Fact]
    public async Task Run_NewEvents_AreFramedAsTheStandardSays()
    {
        var pipe = new Pipe();
        _trail.Publish(EventTypes.Baked, "before");
        var running = Stream(pipe).RunAsync(1, _left.Token);
        Assert.Equal("retry: 2000\nid: 1\n\n", await ReadAsync(pipe));

        _trail.Publish(EventTypes.Failed, "line\nbreak", new() { Instance = "i", Code = "a.b" });

        Assert.Equal(
            """
            id: 2
            event: instance.failed
            data: {"sequence":2,"time":"2030-01-01T00:00:00+00:00","type":"instance.failed","instance":"i","connector":null,"version":null,"code":"a.b","detail":"line\nbreak","data":{}}


            """,
            await ReadAsync(pipe));
        await _left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Run_NothingHappens_SendsAComment()
    {
        var pipe = new Pipe();
        _ = Stream(pipe).RunAsync(0, _left.Token);
        await ReadAsync(pipe);
        await _time.WhenArmedAsync(1);

        _time.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(": still here\n\n", await ReadAsync(pipe));
        await _left.CancelAsync();
    }

    [Fact]
    public async Task Run_FilterLetsNothingThrough_MovesTheClientOnAllTheSame()
    {
        var pipe = new Pipe();
        _trail.Publish(EventTypes.Baked, "", new() { Instance = "other" });
        _trail.Publish(EventTypes.Baked, "", new() { Instance = "other" });
        _ = Stream(pipe, new(0, "mine", [], 0)).RunAsync(0, _left.Token);
        Assert.Equal("retry: 2000\nid: 0\n\n", await ReadAsync(pipe));
        await _time.WhenArmedAsync(1);

        _time.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(": still here\nid: 2\n\n", await ReadAsync(pipe));
        await _left.CancelAsync();
    }

    [Fact]
    public async Task Run_ReaderTooSlow_HoldsNoEventsAndEnds()
    {
        // The reader takes nothing: writing waits once 4 KiB are there.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 2048));
        var running = Stream(pipe).RunAsync(0, _left.Token);
        for (var i = 0; i < EventTrail.Kept + 1000; i++)
        {
            _trail.Publish(EventTypes.Baked, "another one");
        }

        // What it missed is gone by the time it reads what was on its way.
        _ = running.ContinueWith(_ => pipe.Writer.CompleteAsync().AsTask(), TaskScheduler.Default);
        var written = 0L;
        ReadResult read;
        do
        {
            read = await pipe.Reader.ReadAsync();
            written += read.Buffer.Length;
            pipe.Reader.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);

        await running;
        Assert.InRange(written, 1, 100_000);
    }

    [Fact]
    public async Task Run_KeyIsReplaced_Ends()
    {
        var pipe = new Pipe();
        var running = Stream(pipe).RunAsync(0, _left.Token);
        await ReadAsync(pipe);

        _mayRead = false;
        _trail.Publish(EventTypes.Baked, "not for it");

        await running;
        Assert.False(pipe.Reader.TryRead(out _));
    }

    private EventStream Stream(Pipe pipe, EventQuery? query = null) => new(_trail, query ?? new(null, null, [], 0), pipe.Writer, () => new(_mayRead), _time);

    private static async Task<string> ReadAsync(Pipe pipe)
    {
        var read = await pipe.Reader.ReadAsync();
        var text = Encoding.UTF8.GetString(read.Buffer);
        pipe.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }
}
