using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;
using PluginRuntime.Tests.Loading;
using PluginRuntime.Versioning;
using Xunit.Abstractions;

namespace PluginRuntime.Tests.Packages;

/// <summary>Well-known libraries, with all that they need, from the sources that this machine is configured with.</summary>
public sealed class RealPackagesTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("real-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [LongFact]
    public Task Install_ConnectorThatNeedsNpgsql_RunsAndIsCollected() => RunAsync("UsesNpgsql", ("Npgsql", "10.0.0"));

    [LongFact]
    public Task Install_ConnectorThatNeedsSqlite_RunsAndIsCollected() => RunAsync(
        "UsesSqlite", ("Microsoft.Data.Sqlite", "10.0.14"), ("SQLitePCLRaw.bundle_e_sqlite3", "3.0.3"), ("SQLitePCLRaw.core", "3.0.3"));

    [LongFact]
    public Task Install_ConnectorThatNeedsRabbitMq_RunsAndIsCollected() => RunAsync("UsesRabbitMq", ("RabbitMQ.Client", "7.2.2"));

    [LongFact]
    public Task Install_ConnectorThatNeedsS3_RunsAndIsCollected() => RunAsync("UsesS3", ("AWSSDK.S3", "3.7.304.1"));

    private async Task RunAsync(string fixture, params (string Id, string Version)[] references)
    {
        var bytes = TestPackages.Connector(FixturePackages.Built(fixture), new() { Dependencies = references });
        await using var feed = new LoopbackFeed(bytes);
        var id = $"uses-{fixture["Uses".Length..].ToLowerInvariant()}";
        var options = new PackageOptions { Budget = TimeSpan.FromMinutes(5), Sources = { new() { Name = "feed", Location = feed.Index, Patterns = { id } } } };
        foreach (var (index, location) in Configured().Index()) options.Sources.Add(new() { Name = $"configured-{index}", Location = location });
        using var store = await PackageStore.OpenAsync(Path.Join(_root, "store"), TimeProvider.System, NullLogger.Instance, null, CancellationToken.None);
        var installer = new PackageInstaller(options, [], store, Path.Join(_root, "cache"), new(), TimeProvider.System);

        var version = Assert.Single(await installer.ListAsync(id, CancellationToken.None));
        var stored = await installer.InstallAsync(id, version, null, CancellationToken.None);

        Assert.Equal(SemanticVersion.Parse("1.0.0"), stored.Identity.Version);
        Assert.All(references, reference => Assert.Contains(stored.Provenance!.Closure, package => (package.Id, package.Version) == reference));
        output.WriteLine($"{stored.Identity.Id}: {string.Join(", ", stored.Provenance!.Closure.Select(package => $"{package.Id} {package.Version}"))}; {stored.Manifest.Files.Count} files");
        await using var loads = new Loads();
        var package = new Loads.Package(stored.Identity, stored.Directory, stored.Manifest);
        await UseAsync(loads, package);
        await loads.UntilCollectedAsync(package);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task UseAsync(Loads loads, Loads.Package package)
    {
        await using var share = await loads.AcquireAsync(package);
        Assert.Equal("1", await Loads.CallAsync(share, "use", "{}"));
    }

    private List<string> Configured()
    {
        var start = new ProcessStartInfo("dotnet", ["nuget", "list", "source", "--format", "short"]) { WorkingDirectory = _root, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        return [.. lines.Where(line => line.StartsWith("E ", StringComparison.Ordinal)).Select(line => line[2..].Trim())];
    }
}
