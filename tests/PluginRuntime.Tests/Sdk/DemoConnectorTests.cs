using System.Text.Json;
using PluginRuntime.Connectors.Demo;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Sdk;

public sealed class DemoConnectorTests
{
    private static readonly DateTimeOffset Now = new(2031, 2, 3, 4, 5, 6, TimeSpan.Zero);

    [Theory]
    [InlineData("null")]
    [InlineData("""{"a":[1,"ü",{"b":1.50}]}""")]
    public async Task Echo_AnyJson_GivesTheSameBytes(string json)
    {
        var (connector, connection) = await OpenAsync();

        Assert.Equal(json, (await connector.CallAsync(connection, "echo", json)).GetRawText());
    }

    [Fact]
    public async Task Time_HostClock_IsIso8601()
    {
        var (connector, connection) = await OpenAsync();

        Assert.Equal("""{"time":"2031-02-03T04:05:06+00:00"}""", (await connector.CallAsync(connection, "time", "{}")).GetRawText());
    }

    [Fact]
    public async Task Slow_Zero_AnswersAtOnce()
    {
        var (connector, connection) = await OpenAsync();

        Assert.Equal("""{"milliseconds":0}""", (await connector.CallAsync(connection, "slow", """{"milliseconds":0}""")).GetRawText());
    }

    [Fact]
    public async Task Slow_Cancelled_EndsEarly()
    {
        var (connector, connection) = await OpenAsync();
        using var cancellation = new CancellationTokenSource();
        var call = connector.CallAsync(connection, "slow", """{"milliseconds":60000}""", cancellation.Token);
        Assert.False(call.IsCompleted);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(60_001)]
    public async Task Slow_OutOfRange_IsInput(int milliseconds)
    {
        var (connector, connection) = await OpenAsync();

        var failure = await connector.FailAsync(connection, "slow", JsonSerializer.Serialize(new { milliseconds }));

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.False(failure.WasSent);
    }

    private static async Task<(IConnector Connector, object Connection)> OpenAsync()
    {
        IConnector connector = new DemoConnector();
        await connector.InitializeAsync(new() { Instance = "demo", Version = "1.0.0", TimeProvider = new StandingClock() }, default);
        return (connector, await connector.OpenAsync(default));
    }

    /// <summary>A clock that stands still, and whose timers never fire.</summary>
    private sealed class StandingClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;

        public override long GetTimestamp() => 0;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Timer();

        private sealed class Timer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
