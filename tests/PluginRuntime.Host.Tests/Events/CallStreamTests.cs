using System.IO.Pipelines;
using System.Text;
using PluginRuntime.Execution;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Events;
using PluginRuntime.Tests;

namespace PluginRuntime.Host.Tests.Events;

public sealed class CallStreamTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly CallFeed _feed;
    private readonly CallListener _listener;
    private readonly InstanceSlot _slot;
    private readonly CancellationTokenSource _left = new();
    private bool _mayRead = true;

    public CallStreamTests()
    {
        _feed = new(_time);
        _listener = _feed.Listen(_ => true, CallStream.Capacity);
        _slot = new("acme/i", _time);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _left.Dispose();
    }

    [Fact]
    public async Task Run_ACall_IsFramedAndNamedAsTheOrgKnowsIt()
    {
        var pipe = new Pipe();
        var running = Stream(pipe).RunAsync(_left.Token);
        Assert.Equal("retry: 2000\n\n", await ReadAsync(pipe));

        _feed.Tell(_slot, null, "act", TimeSpan.FromMilliseconds(1.5), 2, _slot.Refusal());

        Assert.Equal(
            """
            event: call
            data: {"time":"2030-01-01T00:00:00+00:00","instance":"i","connector":null,"version":null,"action":"act","milliseconds":1.5,"attempts":2,"code":"instance.unavailable","detail":"The instance 'i' takes no calls: it is not connected yet."}


            """,
            await ReadAsync(pipe));
        await _left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Run_NothingHappens_SendsACommentAndGoesOn()
    {
        var pipe = new Pipe();
        _ = Stream(pipe).RunAsync(_left.Token);
        await ReadAsync(pipe);
        await _time.WhenArmedAsync(1);

        _time.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(": still here\n\n", await ReadAsync(pipe));
        _feed.Tell(_slot, null, "act", TimeSpan.Zero, 1, null);
        Assert.Contains("\"action\":\"act\"", await ReadAsync(pipe), StringComparison.Ordinal);
        await _left.CancelAsync();
    }

    [Fact]
    public async Task Run_ReaderTooSlow_HoldsSoManyAndSaysHowManyAreMissing()
    {
        // The reader takes nothing: writing waits once 4 KiB are there.
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 4096, resumeWriterThreshold: 2048));
        var running = Stream(pipe).RunAsync(_left.Token);
        const int Calls = 20 * CallStream.Capacity;
        for (var i = 0; i < Calls; i++)
        {
            _feed.Tell(_slot, null, "act", TimeSpan.Zero, 1, null);
        }

        var text = new StringBuilder();
        int told, missed;
        do
        {
            text.Append(await ReadAsync(pipe));
            var lines = text.ToString().Split('\n');
            told = lines.Count(line => line == "event: call");
            missed = lines.Where(line => line.StartsWith("data: {\"dropped\":", StringComparison.Ordinal) && line.EndsWith('}'))
                .Sum(line => int.Parse(line["data: {\"dropped\":".Length..^1], System.Globalization.CultureInfo.InvariantCulture));
        }
        while (told + missed < Calls);

        Assert.Equal(Calls, told + missed);
        Assert.InRange(told, 1, CallStream.Capacity + 200);
        await _left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public async Task Run_KeyIsRevoked_Ends()
    {
        var pipe = new Pipe();
        var running = Stream(pipe).RunAsync(_left.Token);
        await ReadAsync(pipe);

        _mayRead = false;
        _feed.Tell(_slot, null, "act", TimeSpan.Zero, 1, null);

        await running;
        Assert.False(pipe.Reader.TryRead(out _));
    }

    private CallStream Stream(Pipe pipe) => new(_listener, new OrgNames("acme"), new(pipe.Writer), () => new(_mayRead), _time);

    private static async Task<string> ReadAsync(Pipe pipe)
    {
        var read = await pipe.Reader.ReadAsync();
        var text = Encoding.UTF8.GetString(read.Buffer);
        pipe.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }
}
