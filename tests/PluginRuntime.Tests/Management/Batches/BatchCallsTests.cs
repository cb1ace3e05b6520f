using System.Text;
using System.Text.Json;
using PluginRuntime.Execution;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Management.Batches;

public sealed class BatchCallsTests
{
    private static BatchItem Item(string action, string input = "{}", string instance = "p") => new(instance, action, Encoding.UTF8.GetBytes(input));

    [Fact]
    public async Task BatchAsync_SomeFail_TheOthersAnswerInOrder()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync("""{"retry":{"maxRetries":0},"pool":{"size":8,"min":1}}""");
        await test.UntilVersionAsync("1.0.0");

        var results = await test.Runtime.BatchAsync(
        [
            Item("sleep", """{"milliseconds":100}"""),
            Item("fail", """{"kind":"conflict","times":1000}"""),
            Item("who", instance: "none"),
            Item("none"),
            Item("sleep", """{"milliseconds":"long"}"""),
            Item("nonsense"),
            Item("sleep", """{"milliseconds":60000}""") with { Options = new() { Timeout = TimeSpan.FromMilliseconds(50) } },
            Item("who"),
        ]);

        Assert.Equal(
            [null, "connector.conflict", "instance.unknown", "action.unknown", "input.invalid", "output.invalid", "deadline.exceeded", null],
            results.Select(result => result.Problem?.Code));
        Assert.Equal("1.0.0", JsonElement.Parse(results[0].Output.Span).GetProperty("version").GetString());
        Assert.Equal("1.0.0", JsonElement.Parse(results[7].Output.Span).GetProperty("version").GetString());
        Assert.Empty(await test.Runtime.BatchAsync([]));
    }

    [Fact]
    public async Task BatchAsync_Parallel_NeverRunsMoreAtATime()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        var (running, most) = (0, 0);
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await RegisterAsync(test, async (output, _) =>
        {
            System.Buffers.BuffersExtensions.Write(output, "{}"u8);
            var now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            if (now == 3)
            {
                full.TrySetResult();
            }

            await full.Task;
            Interlocked.Decrement(ref running);
        });

        var results = await test.Runtime.BatchAsync([.. Enumerable.Range(0, 9).Select(_ => Item("act", instance: "scripted"))], new() { Parallel = 3 });

        Assert.All(results, result => Assert.Null(result.Problem));
        Assert.Equal(3, most);
    }

    [Fact]
    public async Task BatchAsync_MoreOutputThanAllowed_LeavesOutWhatDoesNotFit()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        await RegisterAsync(test, static (output, _) =>
        {
            System.Buffers.BuffersExtensions.Write(output, Encoding.UTF8.GetBytes($"\"{new string('x', 40)}\""));
            return default;
        });

        var results = await test.Runtime.BatchAsync(
            [.. Enumerable.Range(0, 4).Select(_ => Item("act", instance: "scripted"))], new() { Parallel = 1, MaxOutputBytes = 100 });

        Assert.Equal([null, null, "batch.too-large", "batch.too-large"], results.Select(result => result.Problem?.Code));
        Assert.Equal([42, 42, 0, 0], results.Select(result => result.Output.Length));
    }

    [Fact]
    public async Task BatchAsync_CallerGivesUp_CancelsAllThatRuns()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        using var giveUp = new CancellationTokenSource();
        var begun = new SemaphoreSlim(0);
        var cancelled = 0;
        await RegisterAsync(test, async (_, token) =>
        {
            begun.Release();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
            }
            finally
            {
                Interlocked.Increment(ref cancelled);
            }
        });
        var batch = test.Runtime.BatchAsync([.. Enumerable.Range(0, 5).Select(_ => Item("act", instance: "scripted"))], new() { Parallel = 2 }, giveUp.Token);
        await begun.WaitAsync();
        await begun.WaitAsync();

        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => batch);
        await test.UntilAsync(status => status.Pool is { InUse: 0 }, "scripted");
        Assert.Equal(2, cancelled);
    }

    [Fact]
    public async Task BatchAsync_ConnectorBlocksItsThread_TheOthersAnswer()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        using var go = new ManualResetEventSlim();
        var first = 0;
        await RegisterAsync(test, (output, _) =>
        {
            if (Interlocked.Increment(ref first) == 1)
            {
                go.Wait(CancellationToken.None);
            }

            System.Buffers.BuffersExtensions.Write(output, "1"u8);
            return default;
        });

        var results = await test.Runtime.BatchAsync(
            [Item("act", instance: "scripted") with { Options = new() { Timeout = TimeSpan.FromMilliseconds(50) } }, Item("act", instance: "scripted")],
            new() { Parallel = 1 });
        go.Set();

        Assert.IsType<DeadlineExceededException>(results[0].Problem);
        Assert.Equal("1"u8.ToArray(), results[1].Output.ToArray());
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(33, 1)]
    [InlineData(1, 0)]
    public async Task BatchAsync_OptionOutOfRange_IsRefused(int parallel, int maxOutputBytes)
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => test.Runtime.BatchAsync([], new() { Parallel = parallel, MaxOutputBytes = maxOutputBytes }));
    }

    private static Task RegisterAsync(RuntimeUnderTest test, Func<System.Buffers.IBufferWriter<byte>, CancellationToken, ValueTask> act) =>
        test.Runtime.RegisterAsync(
            new ScriptedConnector { Act = act },
            new() { Id = "scripted", Config = """{"pool":{"size":8,"min":1},"retry":{"maxRetries":0},"timeout":"5m","attemptTimeout":"5m"}""" });

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while (value > (seen = Volatile.Read(ref target)) && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
        }
    }
}
