using System.Diagnostics;

namespace PluginRuntime.Benchmarks;

/// <summary>
/// What swaps cost: 1,000 as fast as they go under calls that keep every core busy; then one a second beside a large heap, in windows
/// that alternate with windows without any.
/// </summary>
internal static class SwapBenchmark
{
    /// <summary>By then the runtime's lists of what happened are filled for the most part, and its own code is compiled for good.</summary>
    private const int WarmUpSwaps = 200;
    private const int Swaps = 1000;
    private const int Windows = 5;
    private const int LiveMegabytes = 300;

    /// <summary>Of part one; part two has the runtime's own 10 s.</summary>
    private static readonly TimeSpan _collectInterval = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan _window = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(90);

    internal static async Task RunAsync(Report report)
    {
        await SwapAlwaysAsync(report);
        await SwapEachSecondAsync(report);
    }

    private static async Task SwapAlwaysAsync(Report report)
    {
        await using var host = await SteadyHost.StartAsync(_collectInterval);
        var fast = new SteadyLoad(host, "fast", Environment.ProcessorCount);
        var slow = new SteadyLoad(host, "slow", callers: 4);
        await SwapAsync(host, WarmUpSwaps);
        await host.CollectedAsync(_patience);
        var (swapsBefore, collectedBefore, megabytesBefore) = (host.Swaps, host.Collected, ResidentMegabytes());

        var start = Stopwatch.GetTimestamp();
        var (calls, _) = await fast.MeasureAsync(() => SwapAsync(host, Swaps));
        var elapsed = Stopwatch.GetElapsedTime(start);
        await host.CollectedAsync(_patience);
        var megabytesAfter = ResidentMegabytes();
        await fast.StopAsync();
        await slow.StopAsync();

        report.Count("swaps", host.Swaps - swapsBefore);
        report.Count("failed", fast.Failed + slow.Failed);
        report.Count("stale", fast.Stale + slow.Stale);
        report.Count("collected", host.Collected - collectedBefore);
        report.Count("rssGrowthMb", megabytesAfter - megabytesBefore);
        report.Count("rssMb", megabytesAfter);
        report.Count("swapMilliseconds", elapsed.TotalMilliseconds / Swaps);
        report.Count("callsPerSwap", (double)calls.Count / Swaps);
        if ((fast.FirstFailure ?? slow.FirstFailure) is { } failure)
        {
            Console.Error.WriteLine(failure);
        }
    }

    private static async Task SwapEachSecondAsync(Report report)
    {
        await using var host = await SteadyHost.StartAsync(new PluginRuntimeOptions().CollectInterval);
        var live = LiveHeap();
        var load = new SteadyLoad(host, "fast", Environment.ProcessorCount);
        await SwapAsync(host, WarmUpSwaps);
        var (without, with) = (new List<Window>(), new List<Window>());
        for (var window = 0; window < Windows; window++)
        {
            // What the swaps before left is no cost of having none.
            await host.CollectedAsync(_patience);
            without.Add(Window.Of(await load.MeasureAsync(() => Task.Delay(_window, TimeProvider.System))));
            with.Add(Window.Of(await load.MeasureAsync(() => SwapForAsync(host, _window))));
            Console.WriteLine($"without {without[^1]}   with {with[^1]}");
        }

        await load.StopAsync();
        GC.KeepAlive(live);

        // Of neighbours, since what else the machine does changes from minute to minute.
        var pairs = without.Zip(with).ToList();
        report.Count("throughputRatio", Paired.Median(pairs.Select(pair => pair.Second.CallsPerSecond / pair.First.CallsPerSecond)));
        report.Count("p999Ratio", Paired.Median(pairs.Select(pair => pair.Second.P999Micros / pair.First.P999Micros)));
        report.Count("p999AddedMicros", Paired.Median(pairs.Select(pair => pair.Second.P999Micros - pair.First.P999Micros)));
        report.Count("p999Micros", Paired.Median(without.Select(window => window.P999Micros)));
        report.Count("callsPerSecond", Paired.Median(without.Select(window => window.CallsPerSecond)));
        report.Count("failedAtOneASecond", load.Failed);
        report.Count("staleAtOneASecond", load.Stale);
    }

    private static async Task SwapAsync(SteadyHost host, int times)
    {
        for (var swap = 0; swap < times; swap++)
        {
            await host.SwapAsync();
        }
    }

    private static async Task SwapForAsync(SteadyHost host, TimeSpan time)
    {
        var start = Stopwatch.GetTimestamp();
        for (var second = 0; second < time.TotalSeconds; second++)
        {
            await host.SwapAsync();
            var left = TimeSpan.FromSeconds(second + 1) - Stopwatch.GetElapsedTime(start);
            await Task.Delay(left > TimeSpan.Zero ? left : TimeSpan.Zero, TimeProvider.System);
        }
    }

    private static double ResidentMegabytes()
    {
        for (var round = 0; round < 2; round++)
        {
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return Environment.WorkingSet / 1_048_576.0;
    }

    /// <summary>Small objects, each with a reference to another.</summary>
    private static object LiveHeap()
    {
        const int Bytes = 40 + 64;
        var nodes = new Node[LiveMegabytes * 1_048_576L / Bytes];
        for (var index = 0; index < nodes.Length; index++)
        {
            nodes[index] = new(index == 0 ? null : nodes[index / 2], new byte[40]);
        }

        GC.Collect();
        GC.Collect();
        return nodes;
    }

    private sealed record Node(Node? Parent, byte[] Content);

    private readonly record struct Window(double CallsPerSecond, double P999Micros)
    {
        internal static Window Of((LatencyHistogram Times, double Seconds) measured) =>
            new(measured.Times.Count / measured.Seconds, measured.Times.Percentile(0.999) * 1e6 / Stopwatch.Frequency);

        public override string ToString() => FormattableString.Invariant($"{CallsPerSecond:0} calls/s, p99.9 {P999Micros:0.00} us");
    }
}
