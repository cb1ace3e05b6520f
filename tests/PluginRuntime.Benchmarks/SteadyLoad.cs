using System.Buffers;
using System.Diagnostics;

namespace PluginRuntime.Benchmarks;

/// <summary>
/// Callers that call one action without a pause. They count what fails and what a version answered that had ended, and, while
/// asked to, how long each call takes.
/// </summary>
internal sealed class SteadyLoad
{
    /// <summary>So many calls follow each other on one thread, which then goes to whoever waits for one.</summary>
    private const int Turn = 64;

    private readonly Task[] _callers;
    private volatile LatencyHistogram[]? _measured;
    private volatile bool _isStopping;
    private long _failed;
    private long _stale;
    private string? _firstFailure;

    internal SteadyLoad(SteadyHost host, string action, int callers) =>
        _callers = [.. Enumerable.Range(0, callers).Select(caller => Task.Run(() => CallAsync(host, action, caller)))];

    internal long Failed => Interlocked.Read(ref _failed);

    internal long Stale => Interlocked.Read(ref _stale);

    internal string? FirstFailure => _firstFailure;

    /// <summary>Measures what is called while <paramref name="during"/> runs.</summary>
    /// <returns>The times in ticks of the stopwatch, and how many seconds it took.</returns>
    internal async Task<(LatencyHistogram Times, double Seconds)> MeasureAsync(Func<Task> during)
    {
        var histograms = Array.ConvertAll(_callers, _ => new LatencyHistogram());
        var start = Stopwatch.GetTimestamp();
        _measured = histograms;
        await during();
        _measured = null;
        var elapsed = Stopwatch.GetElapsedTime(start);

        // A caller may still count the calls of its turn; it does so no longer than this.
        await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        var all = new LatencyHistogram();
        Array.ForEach(histograms, all.Add);
        return (all, elapsed.TotalSeconds);
    }

    internal async Task StopAsync()
    {
        _isStopping = true;
        await Task.WhenAll(_callers);
    }

    private async Task CallAsync(SteadyHost host, string action, int caller)
    {
        var output = new ArrayBufferWriter<byte>(64);
        while (!_isStopping)
        {
            var times = _measured?[caller];
            var before = Stopwatch.GetTimestamp();
            for (var call = 0; call < Turn && !_isStopping; call++)
            {
                try
                {
                    output.ResetWrittenCount();
                    await host.Runtime.InvokeAsync(SteadyHost.Instance, action, "{}"u8.ToArray(), output);
                    if (output.WrittenSpan is not [(byte)'1'])
                    {
                        Interlocked.Increment(ref _stale);
                    }
                }
                catch (Exception failure)
                {
                    Interlocked.Increment(ref _failed);
                    Interlocked.CompareExchange(ref _firstFailure, failure.ToString(), null);
                }

                var after = Stopwatch.GetTimestamp();
                times?.Record(after - before);
                before = after;
            }

            await Task.Yield();
        }
    }
}
