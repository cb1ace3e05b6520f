using System.Collections.Concurrent;

namespace PluginRuntime.Tests.Management;

/// <summary>Callers that call without a pause until they are stopped, and remember who answered and what failed.</summary>
internal sealed class CallLoad : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _versions = new();
    private readonly ConcurrentQueue<Exception> _failures = new();
    private readonly Task _callers;
    private long _calls;

    internal CallLoad(RuntimeUnderTest test, int callers, string action = "who", string input = "{}") =>
        _callers = Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(() => CallAsync(test, action, input))));

    /// <summary>What failed until now.</summary>
    internal IReadOnlyList<Exception> Failures => [.. _failures];

    internal long Calls => Interlocked.Read(ref _calls);

    internal async Task<(IReadOnlyList<string> Versions, IReadOnlyList<Exception> Failures)> StopAsync()
    {
        await _stop.CancelAsync();
        await _callers;
        return ([.. _versions.Keys.Order(StringComparer.Ordinal)], [.. _failures]);
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task CallAsync(RuntimeUnderTest test, string action, string input)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var answer = await test.CallAsync(action, input);
                _versions.AddOrUpdate(answer.GetProperty("version").GetString()!, 1, static (_, count) => count + 1);
            }
            catch (Exception exception)
            {
                _failures.Enqueue(exception);
            }

            Interlocked.Increment(ref _calls);
            await Task.Yield();
        }
    }
}
