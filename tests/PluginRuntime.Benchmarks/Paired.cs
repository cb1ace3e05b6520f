using System.Diagnostics;

namespace PluginRuntime.Benchmarks;

/// <summary>An operation to measure: does it so many times.</summary>
/// <param name="times">How often.</param>
internal delegate Task Operation(int times);

/// <summary>Measures cases in alternating windows, so that what the machine does meanwhile meets all of them alike.</summary>
internal static class Paired
{
    private const int Windows = 15;
    private const int WarmUpWindows = 8;

    private static readonly TimeSpan _window = TimeSpan.FromMilliseconds(120);

    /// <summary>Measures a baseline and cases, and reports them: each case's ratio is the median of its windows over the baseline's.</summary>
    internal static async Task MeasureAsync(Report report, (string Name, Operation Run) baseline, params (string Name, Operation Run)[] cases)
    {
        (string Name, Operation Run)[] all = [baseline, .. cases];
        var times = new int[all.Length];
        for (var index = 0; index < all.Length; index++)
        {
            times[index] = await CalibrateAsync(all[index].Run);
        }

        var samples = Array.ConvertAll(all, _ => new List<(double Nanoseconds, double Bytes)>());
        for (var window = 0; window < Windows; window++)
        {
            for (var index = 0; index < all.Length; index++)
            {
                samples[index].Add(await MeasureAsync(all[index].Run, times[index]));
            }
        }

        var first = Median(samples[0].Select(sample => sample.Nanoseconds));
        for (var index = 0; index < all.Length; index++)
        {
            var median = Median(samples[index].Select(sample => sample.Nanoseconds));
            var bytes = await BytesAsync(all[index].Run, times[index], Median(samples[index].Select(sample => sample.Bytes)));
            report.Add(new(all[index].Name, index == 0 ? null : baseline.Name, Math.Round(median, 2), Math.Round(bytes, 2), index == 0 ? null : Math.Round(median / first, 3)));
        }
    }

    /// <summary>The fastest of operations that do the same: where there are several ways, only the best is a fair baseline.</summary>
    internal static async Task<(string Name, Operation Run)> FastestAsync(params (string Name, Operation Run)[] candidates)
    {
        var found = new List<((string Name, Operation Run) Candidate, double Nanoseconds)>();
        var times = new int[candidates.Length];
        for (var index = 0; index < candidates.Length; index++)
        {
            times[index] = await CalibrateAsync(candidates[index].Run);
        }

        for (var window = 0; window < Windows; window++)
        {
            for (var index = 0; index < candidates.Length; index++)
            {
                found.Add((candidates[index], (await MeasureAsync(candidates[index].Run, times[index])).Nanoseconds));
            }
        }

        return candidates.MinBy(candidate => Median(found.Where(one => one.Candidate == candidate).Select(one => one.Nanoseconds)));
    }

    internal static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[sorted.Count / 2];
    }

    /// <summary>The bytes of an operation, without what a run allocates however short it is: its workers and their tasks.</summary>
    private static async Task<double> BytesAsync(Operation run, int times, double bytes)
    {
        const int few = 64;
        var fixedBytes = new List<double>();
        for (var round = 0; round < 5; round++)
        {
            fixedBytes.Add((await MeasureAsync(run, few)).Bytes * few);
        }

        return Math.Max(0, bytes - (Median(fixedBytes) / times));
    }

    // The last round says how many operations fill a window.
    private static async Task<int> CalibrateAsync(Operation run)
    {
        await WarmUpAsync(run);
        var times = 100;
        for (var window = 0; window < WarmUpWindows; window++)
        {
            var (nanoseconds, _) = await MeasureAsync(run, times);
            times = (int)Math.Clamp(_window.TotalNanoseconds / Math.Max(nanoseconds, 0.1), 100, 50_000_000);
        }

        return times;
    }

    /// <summary>
    /// Brings the code to its last tier, which takes 30 calls and a pause. A method that was called a few times only and looped stays in
    /// the code that took its place while it ran: slower, and no long-running program's.
    /// </summary>
    private static async Task WarmUpAsync(Operation run)
    {
        for (var round = 0; round < 5; round++)
        {
            for (var call = 0; call < 60; call++)
            {
                await run(32);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(150), TimeProvider.System);
        }
    }

    private static async Task<(double Nanoseconds, double Bytes)> MeasureAsync(Operation run, int times)
    {
        GC.Collect();
        var bytes = GC.GetTotalAllocatedBytes(precise: true);
        var start = Stopwatch.GetTimestamp();
        await Task.Run(() => run(times));
        var elapsed = Stopwatch.GetElapsedTime(start);
        return (elapsed.TotalNanoseconds / times, (GC.GetTotalAllocatedBytes(precise: true) - bytes) / (double)times);
    }
}
