namespace PluginRuntime.Host.Tests.Running;

/// <summary>Waits for something that another process does, with a bound.</summary>
internal static class Poll
{
    // Shorter than the longest call of the demo connector, so that a wait for its cancellation cannot be met by its end.
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(25);

    public static Task UntilAsync(Func<bool> isTrue, Func<string> otherwise) => UntilAsync(() => Task.FromResult(isTrue()), otherwise);

    public static async Task UntilAsync(Func<Task<bool>> isTrue, Func<string> otherwise)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await isTrue())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < _bound, otherwise());
            await Task.Delay(_pause, TimeProvider.System);
        }
    }
}
