using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;
using PluginRuntime.Packages.Archives;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Benchmarks;

/// <summary>
/// A connector that needs a well-known library, from the sources that this machine is configured with: resolved, downloaded, checked and
/// unpacked into empty caches, in turns with <c>dotnet restore</c> of a project with the same references. What comes after, laying the
/// files out and storing them with every byte synced, restore does not do: it is counted apart.
/// </summary>
internal static class InstallBenchmark
{
    private const int Cold = 7;
    private const int Warm = 15;
    private const string Connector = "benchmark.connector";

    private static readonly string _runtimeIdentifier = RuntimeInformation.RuntimeIdentifier;

    private static readonly (string Name, (string Id, string Version)[] References)[] _graphs =
    [
        ("npgsql", [("Npgsql", "10.0.0")]),
        ("sqlite", [("Microsoft.Data.Sqlite", "10.0.14"), ("SQLitePCLRaw.bundle_e_sqlite3", "3.0.3"), ("SQLitePCLRaw.core", "3.0.3")]),
        ("rabbitmq", [("RabbitMQ.Client", "7.2.2")]),
        ("s3", [("AWSSDK.S3", "3.7.304.1")]),
    ];

    internal static async Task RunAsync(Report report)
    {
        var directory = Directory.CreateTempSubdirectory("install-").FullName;
        try
        {
            var locations = await DotnetRestore.SourcesAsync(directory);
            foreach (var (name, references) in _graphs)
            {
                await RunAsync(report, Path.Combine(directory, name), locations, name, references);
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static async Task RunAsync(
        Report report, string directory, IReadOnlyList<string> locations, string graph, (string Id, string Version)[] references)
    {
        var options = Options(directory, locations, references);
        var restore = new DotnetRestore(Path.Combine(directory, "project"), references);
        var runs = new List<Run>();
        var baseline = new List<double>();
        using var store = await PackageStore.OpenAsync(Path.Combine(directory, "store"), TimeProvider.System, NullLogger.Instance, null, CancellationToken.None);
        for (var round = 0; round < Cold; round++)
        {
            baseline.Add(await restore.RunAsync(Path.Combine(directory, $"restored-{round}")));
            runs.Add(await InstallAsync(options, store, Path.Combine(directory, $"cache-{round}")));
        }

        // What a process does for the first time is compiled then; the host does it once in its life.
        report.Count($"{graph}.firstColdMs", runs[0].Cold);
        var restored = Paired.Median(baseline);
        report.Add(new("dotnet-restore-cold", null, restored * 1e6, 0, null));
        report.Add(Case($"{graph}-cold", runs, run => run.Cold, run => run.ColdBytes) with { Baseline = "dotnet-restore-cold", Ratio = Math.Round(Paired.Median(runs.Select(run => run.Cold)) / restored, 3) });
        report.Add(Case($"{graph}-warm", runs, run => Paired.Median(run.Warm), run => run.WarmBytes));
        report.Count($"{graph}.packages", runs[0].Packages);
        report.Count($"{graph}.dotnetRestoreMs", restored);
        report.Count($"{graph}.coldMs", Paired.Median(runs.Select(run => run.Cold)));
        report.Count($"{graph}.warmMs", Paired.Median(runs.SelectMany(run => run.Warm)));
        report.Count($"{graph}.verifyMs", Paired.Median(runs.Select(run => run.Verify)));
        report.Count($"{graph}.assembleMs", Paired.Median(runs.Select(run => run.Assemble)));
        report.Count($"{graph}.storeMs", Paired.Median(runs.Select(run => run.Store)));
    }

    private static CaseResult Case(string name, List<Run> runs, Func<Run, double> milliseconds, Func<Run, double> bytes) =>
        new(name, null, Math.Round(Paired.Median(runs.Select(milliseconds)) * 1e6), Paired.Median(runs.Select(bytes)), null);

    /// <summary>The configured sources, and a folder with the connector, which alone serves it.</summary>
    private static PackageOptions Options(string directory, IReadOnlyList<string> locations, (string Id, string Version)[] references)
    {
        var folder = Directory.CreateDirectory(Path.Combine(directory, "connectors")).FullName;
        File.WriteAllBytes(Path.Combine(folder, $"{Connector}.1.0.0.nupkg"), TestPackages.Connector(
            FixturePackages.Built("Steady"), new() { Id = Connector, Dependencies = references }));
        var options = new PackageOptions { Budget = TimeSpan.FromMinutes(5) };
        options.Sources.Add(new() { Name = "connectors", Location = folder, Patterns = { Connector } });
        foreach (var (index, location) in locations.Index())
        {
            options.Sources.Add(new() { Name = $"configured-{index}", Location = location });
        }

        return options;
    }

    private static async Task<Run> InstallAsync(PackageOptions options, PackageStore store, string cache)
    {
        Environment.SetEnvironmentVariable("NUGET_HTTP_CACHE_PATH", Path.Combine(cache, "http"));
        Environment.SetEnvironmentVariable("NUGET_SCRATCH", Path.Combine(cache, "scratch"));
        var signatures = new SignatureCheck(options.Signatures);
        var guard = new ArchiveGuard(Path.Combine(cache, "checking"), new(), signatures, store.FindKnown);
        var client = new NuGetClient(options, [], cache, guard);
        var resolver = new ClosureResolver(client, guard, _runtimeIdentifier, TimeProvider.System);
        var version = SemanticVersion.Parse("1.0.0");
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var (closure, cold) = await TimeAsync(() => resolver.ResolveAsync(Connector, version, [], CancellationToken.None));
        var coldBytes = GC.GetTotalAllocatedBytes(precise: true) - before;
        var downloads = Directory.GetFiles(Path.Combine(cache, "http"), "nupkg_*", SearchOption.AllDirectories).Length;
        if (downloads < closure.Packages.Count - 1)   // also what was looked at and not taken
        {
            throw new InvalidOperationException($"{downloads} of {closure.Packages.Count - 1} packages were downloaded; the connector lies in a folder.");
        }

        var warm = new List<double>();
        for (var round = 0; round < Warm; round++)
        {
            var (again, milliseconds) = await TimeAsync(() => resolver.ResolveAsync(Connector, version, [], CancellationToken.None));
            warm.Add(again.Packages.Count == closure.Packages.Count ? milliseconds : throw new InvalidOperationException("It resolved to other packages."));
        }

        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        await resolver.ResolveAsync(Connector, version, [], CancellationToken.None);
        var warmBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated;

        var (_, verify) = await TimeAsync(() => VerifyAsync(closure, signatures, store));
        var layout = Directory.CreateDirectory(Path.Combine(cache, "assembling")).FullName;
        var (candidate, assemble) = await TimeAsync(() => PackageAssembler.AssembleAsync(closure, "connectors", _runtimeIdentifier, layout, CancellationToken.None));
        var (stored, storing) = await TimeAsync(() => store.StageAsync(candidate, CancellationToken.None));
        await store.RemoveAsync(stored.Identity, CancellationToken.None);
        return new(closure.Packages.Count, cold, coldBytes, warm, warmBytes, verify, assemble, storing);
    }

    // As the guard did it before the package was unpacked.
    private static async Task<int> VerifyAsync(PackageClosure closure, SignatureCheck signatures, PackageStore store)
    {
        foreach (var package in closure.Packages)
        {
            var file = Directory.GetFiles(package.Directory, "*.nupkg").Single();
            _ = store.FindKnown(package.Id, package.Version);
            ArchiveCheck.Check(file, package.Id, package.Id, package.Version, new(), CancellationToken.None);
            await signatures.CheckAsync(file, package.Id, CancellationToken.None);
        }

        return closure.Packages.Count;
    }

    private static async Task<(T Result, double Milliseconds)> TimeAsync<T>(Func<Task<T>> operation)
    {
        var start = Stopwatch.GetTimestamp();
        var result = await operation();
        return (result, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>One installation: how many packages, milliseconds, and the bytes that this process allocated.</summary>
    private sealed record Run(
        int Packages, double Cold, double ColdBytes, List<double> Warm, double WarmBytes, double Verify, double Assemble, double Store);
}
