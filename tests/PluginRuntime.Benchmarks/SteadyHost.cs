using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Management;
using PluginRuntime.Tests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Benchmarks;

/// <summary>
/// A real runtime with one instance of the fixture <c>steady</c>, of which there are two versions that differ in content: real packages, a
/// real store, a load context for each swap.
/// </summary>
internal sealed class SteadyHost : IAsyncDisposable
{
    internal const string Instance = "s";

    private static readonly string[] _versions = ["1.0.0", "1.1.0"];

    private readonly string _root = Directory.CreateTempSubdirectory("swap-benchmark-").FullName;
    private long _swaps;
    private long _collected;

    internal ConnectorRuntime Runtime { get; private set; } = null!;

    /// <summary>How many contexts were seen gone.</summary>
    internal long Collected => Interlocked.Read(ref _collected);

    /// <summary>How many swaps there were, each of which unloads one.</summary>
    internal long Swaps => _swaps;

    internal static async Task<SteadyHost> StartAsync(TimeSpan collectInterval)
    {
        var host = new SteadyHost();
        var drop = Path.Combine(host._root, "drop");
        foreach (var version in _versions)
        {
            FixturePackages.Drop(FixturePackages.Built("Steady"), drop, $"steady-{version}", version);
        }

        var options = new PluginRuntimeOptions
        {
            DataDirectory = Path.Combine(host._root, "data"),
            DropDirectory = drop,
            CollectInterval = collectInterval,
        };

        // Without a bake period: each swap gives up the context before.
        options.Instances[Instance] = """{"connector":"steady","pool":{"size":16,"min":4},"bake":{"time":"0s"}}""";
        host.Runtime = new(options, new FileStateStore(Path.Combine(host._root, "data", "state")), TimeProvider.System, NullLoggerFactory.Instance);
        host.Runtime.Watch.Changed += facts => Interlocked.Add(ref host._collected, facts.CollectedAt is null ? 0 : 1);
        await host.Runtime.StartAsync(CancellationToken.None);
        await host.Runtime.FirstPassesAsync();
        return host;
    }

    /// <summary>Swaps to the other version; ends when the version before has drained and its connector is destroyed.</summary>
    internal async Task SwapAsync()
    {
        var next = _versions[Runtime.GetInstance(Instance).Generation?.Version == _versions[0] ? 1 : 0];
        var ended = await Runtime.Swaps.Swap(Instance, SemanticVersion.Parse(next)).Ended;
        if (ended.Status != OperationStatus.Succeeded)
        {
            throw new InvalidOperationException($"Swap {_swaps + 1} failed: {ended.Code} {ended.Detail}");
        }

        _swaps++;
    }

    /// <summary>Waits until every context that was swapped away is gone, or patience is.</summary>
    internal async Task CollectedAsync(TimeSpan patience)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (Collected < Swaps && TimeProvider.System.GetElapsedTime(start) < patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }
}
