using System.Collections.Concurrent;
using PluginRuntime.Packages;
using PluginRuntime.Tests.Management;
using Xunit.Abstractions;

namespace PluginRuntime.Tests.Packages.Crashes;

/// <summary>A host whose instance is called without a pause while it installs a package, and whose disk is full or broken at some of the
/// system calls of that.</summary>
public sealed class HostFaultTests(ITestOutputHelper output) : IAsyncDisposable
{
    private const string Version = "1.1.0";
    private static readonly string[] s_faults = ["error=ENOSPC", "error=EIO"];

    private readonly PackageFolder _folder = new();
    private readonly FeedUnderTest _feed = FeedUnderTest.Create(isHttp: false);

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _feed.DisposeAsync();
    }

    [StraceFact]
    public Task Install_DiskFailsAtSomeSystemCalls_NoCallFails() => RunAsync(points: 8);

    [LongFact(NeedsStrace = true)]
    public Task Install_DiskFailsAtEverySystemCall_NoCallFails() => RunAsync(points: int.MaxValue);

    private async Task RunAsync(int points)
    {
        var store = _folder.At("store");
        _feed.Publish("1.0.0");
        using var child = new StoreChild(HostProgram.Mode, _folder.At("host"), store, _feed.Location);
        Assert.Equal(StoreProgram.Ready, await child.ReadAsync());
        _feed.Publish(Version);

        // All of its code runs once.
        Assert.Equal(StoreProgram.Failed + PackageCodes.Unmatched, await AskAsync(child, "install 9.9.9"));
        await InstallAsync(child, store);
        await RemoveAsync(child);

        var (said, all) = await TracedAsync(child);
        Assert.Equal(StoreProgram.Done, said);
        await RemoveAsync(child);
        var outcomes = new ConcurrentDictionary<string, int>();
        var bugs = new List<string>();
        var every = Math.Max(1, all.Count * s_faults.Length / points);
        for (var i = 0; i < all.Count * s_faults.Length; i += every)
        {
            var (kind, number) = Numbered(all, i / s_faults.Length);
            var injection = $"{kind}:{s_faults[i % s_faults.Length]}:when={number}";
            (said, var calls) = await TracedAsync(child, injection);
            var isThere = await CheckAsync(store, injection);
            Assert.True(said == StoreProgram.Done ? isThere : said?.StartsWith(StoreProgram.Failed, StringComparison.Ordinal) == true, $"{injection}: {said}");
            var hit = calls.FirstOrDefault(call => call.Contains("(INJECTED)", StringComparison.Ordinal));
            if (said == StoreProgram.Failed + "host.bug") bugs.Add($"{hit}");
            outcomes.AddOrUpdate(hit is null ? "not met" : $"{said}/{(isThere ? "there" : "not there")}", 1, (_, count) => count + 1);

            await InstallAsync(child, store);
            await RemoveAsync(child);
        }

        await InstallAsync(child, store);
        Assert.Equal(StoreProgram.Done, await AskAsync(child, $"swap {Version}"));
        var failed = await AskAsync(child, HostProgram.Stop);
        output.WriteLine($"{all.Count} calls, faults at {outcomes.Values.Sum()} ({string.Join(", ", outcomes.OrderBy(outcome => outcome.Key, StringComparer.Ordinal).Select(outcome => $"{outcome.Key} {outcome.Value}"))}); {failed}");
        Assert.Equal(HostProgram.Tell([]), failed);
        Assert.True(bugs.Count == 0, string.Join('\n', bugs));
        Assert.True(outcomes.Where(outcome => outcome.Key != "not met").Sum(outcome => outcome.Value) > outcomes.Values.Sum() / 2);
        Assert.Equal(0, await child.WaitAsync());
    }

    private static async Task<string?> AskAsync(StoreChild child, string order)
    {
        child.Go(order);
        return await child.ReadAsync();
    }

    private static async Task InstallAsync(StoreChild child, string store)
    {
        Assert.Equal(StoreProgram.Done, await AskAsync(child, $"install {Version}"));
        Assert.True(await CheckAsync(store, "without a fault"));
    }

    private static async Task RemoveAsync(StoreChild child) => Assert.Equal(StoreProgram.Done, await AskAsync(child, $"remove {Version}"));

    /// <summary>Installs under strace.</summary>
    private async Task<(string? Said, IReadOnlyList<string> Calls)> TracedAsync(StoreChild child, string? injection = null)
    {
        var log = _folder.At("strace");
        using var strace = await child.TraceAsync(log, ["-e", $"trace={PackageStoreFaultTests.Changing}", .. injection is null ? [] : (string[])["-e", $"inject={injection}"]]);
        var said = await AskAsync(child, $"install {Version}");
        await StoreChild.DetachAsync(strace);
        return (said, [.. (await File.ReadAllLinesAsync(log)).Where(line => PackageStoreFaultTests.CallPattern().IsMatch(line))]);
    }

    // strace counts each kind of call of each thread for itself, from 1.
    private static (string Kind, int Number) Numbered(IReadOnlyList<string> lines, int point)
    {
        var calls = lines.Take(point + 1).Select(line => (Thread: line.Split(' ')[0], Kind: PackageStoreFaultTests.CallPattern().Match(line).Groups[1].Value)).ToList();
        return (calls[^1].Kind, calls.Count(call => call == calls[^1]));
    }

    /// <summary>Looks as another host does.</summary>
    /// <returns>Whether the package is there.</returns>
    private static async Task<bool> CheckAsync(string root, string where)
    {
        using var store = await StoreProgram.OpenAsync(root);
        var listed = store.List();
        foreach (var package in listed) await store.VerifyAsync(package, CancellationToken.None);
        Assert.True(listed.All(package => package.Identity.Version.ToString() is "1.0.0" or Version) && listed.Count is 1 or 2, where);
        Assert.True(Directory.GetFileSystemEntries(Path.Join(root, "staging")).Length == 0, where);
        Assert.True(Directory.GetFiles(root, $"*{AtomicFile.UnfinishedSuffix}", SearchOption.AllDirectories).Length == 0, where);
        Assert.True(Directory.GetDirectories(Path.Join(root, "packages", "probe")).Length == listed.Count, where);
        return listed.Count == 2;
    }
}
