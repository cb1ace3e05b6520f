namespace PluginRuntime.Tests.Loading;

public sealed class UnloadSweepTests
{
    [Theory]
    [InlineData("ProcessExit", "AppDomain.ProcessExit")]
    [InlineData("generic", "AppDomain.ProcessExit")]
    [InlineData("FirstChanceException", "AppDomain.FirstChanceException")]
    [InlineData("UnhandledException", "AppDomain.UnhandledException")]
    [InlineData("UnobservedTaskException", "TaskScheduler.UnobservedTaskException")]
    [InlineData("AssemblyResolve", "AppDomain.AssemblyResolve")]
    [InlineData("Resolving", "AssemblyLoadContext.Resolving")]
    [InlineData("CancelKeyPress", "Console.CancelKeyPress")]
    [InlineData("meter", "meter leaks")]
    [InlineData("timer", "a timer")]
    [InlineData("timer-state", "a timer")]
    [InlineData("delay-loop", "a timer")]
    [InlineData("periodic-timer", "a timer")]
    [InlineData("own-resolving", "AssemblyLoadContext.Resolving")]
    [InlineData("activity-listener", "listener ActivityListener")]
    [InlineData("meter-listener", "listener MeterListener")]
    [InlineData("event-listener", "listener Listener")]
    [InlineData("diagnostic-listener", "listener AllListenerSubscription")]
    public async Task Run_LeftBehind_TakesItAwayAndTheContextIsCollected(string behaviour, string removed)
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks", behaviour);

        await loads.ComeAndGoAsync(package);

        Assert.Contains(loads.Log.Lines, line => line.Contains("the sweep removed", StringComparison.Ordinal) && line.Contains(removed, StringComparison.Ordinal));
        await loads.UntilCollectedAsync(package);
        Assert.DoesNotContain(loads.Log.Lines, line => line.StartsWith("Warning 3006", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("json")]
    [InlineData("annotations")]
    [InlineData("TypeDescriptor")]
    public async Task Run_InReflectionCaches_TheContextIsCollected(string behaviour)
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks", behaviour);

        await loads.ComeAndGoAsync(package);

        await loads.UntilCollectedAsync(package);
    }

    [Fact]
    public async Task Run_HostsOwnHandlers_Stay()
    {
        await using var loads = new Loads();
        var package = loads.Fixture("Leaks", "UnobservedTaskException");
        var seen = 0;
        void Handler(object? sender, EventArgs e) => Interlocked.Increment(ref seen);
        EventHandler<System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs> first = (_, e) => seen += e.Exception is MarkerException ? 1 : 0;
        AppDomain.CurrentDomain.FirstChanceException += first;
        AppDomain.CurrentDomain.ProcessExit += Handler;
        try
        {
            await loads.ComeAndGoAsync(package);
            await loads.UntilCollectedAsync(package);

            Assert.Throws<MarkerException>(static void () => throw new MarkerException());
            Assert.Equal(1, seen);
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= first;
            AppDomain.CurrentDomain.ProcessExit -= Handler;
        }
    }

    private sealed class MarkerException : Exception;
}
