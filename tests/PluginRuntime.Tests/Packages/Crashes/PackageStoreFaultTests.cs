using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using PluginRuntime.Packages;
using Xunit.Abstractions;

namespace PluginRuntime.Tests.Packages.Crashes;

/// <summary>A process that opens a store and takes a package in, needs one, or removes one, and at each of its system calls is killed, or told that
/// the disk is full or broken.</summary>
public sealed partial class PackageStoreFaultTests(ITestOutputHelper output) : IDisposable
{
    // What changes a disk, and what comes before it. Of the calls that only look, a kill leaves what a kill at the next of these leaves.
    internal const string Changing = "?creat,openat,?open,?mkdir,?mkdirat,pwrite64,fsync,fchmod,?chmod,?rename,?renameat,?renameat2,?link,?linkat,?unlink,unlinkat,?rmdir,ftruncate,flock";

    // A full disk refuses what needs room, from some moment on.
    private const string Growing = "?creat,?mkdir,?mkdirat,pwrite64,fsync,?rename,?renameat,?renameat2,?link,?linkat";
    private const string Looking = "?stat,?lstat,?newfstatat,statx,fstat,pread64,getdents64,?readlink";
    private const int AtOnce = 2;

    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [StraceFact]
    public async Task Store_KilledAtSomeSystemCalls_HasAllOrNothing()
    {
        await RunAsync("stage", Changing, "signal=KILL", every: 11);
        await RunAsync("use", Changing, "signal=KILL", every: 7);
    }

    [StraceFact]
    public async Task Store_DiskFailsAtSomeSystemCalls_FailsAsDocumentedOrSucceeds()
    {
        await RunAsync("stage", Changing, "error=ENOSPC", every: 29);
        await RunAsync("stage", Changing, "error=EIO", every: 31);
        await RunAsync("use", Changing, "error=EIO", every: 13);
    }

    [LongFact(NeedsStrace = true)]
    public async Task Store_KilledAtEverySystemCall_HasAllOrNothing()
    {
        await RunAsync("stage", Changing, "signal=KILL");
        await RunAsync("remove", Changing, "signal=KILL");
        await RunAsync("use", Changing, "signal=KILL");
    }

    [LongFact(NeedsStrace = true)]
    public async Task Store_DiskFullAtEverySystemCall_FailsAsDocumentedOrSucceeds()
    {
        await RunAsync("stage", Changing, "error=ENOSPC");
        await RunAsync("stage", Growing, "error=ENOSPC", forGood: true);
        await RunAsync("remove", Changing, "error=ENOSPC");
        await RunAsync("use", Changing, "error=ENOSPC");
        await RunAsync("use", Growing, "error=ENOSPC", forGood: true);
    }

    [LongFact(NeedsStrace = true)]
    public async Task Store_DiskBrokenAtEverySystemCall_FailsAsDocumentedOrSucceeds()
    {
        await RunAsync("stage", Changing, "error=EIO");
        await RunAsync("stage", Looking, "error=EIO");
        await RunAsync("remove", Changing, "error=EIO");
        await RunAsync("use", Changing, "error=EIO");
        await RunAsync("use", Looking, "error=EIO");
    }

    /// <summary>Once without a fault, to count the calls; then once for each call.</summary>
    private async Task RunAsync(string mode, string calls, string fault, int every = 1, bool forGood = false)
    {
        _folder.Write();
        var counted = await PointAsync(mode, calls, null, []);
        var points = counted.Calls.Count;
        var outcomes = new ConcurrentDictionary<string, int>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, points).Where(point => point % every == 0),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
            async (point, _) =>
            {
                var injections = forGood ? FromThereOn(counted.Calls, point) : [$"{counted.Calls[point]}:{fault}:when={Number(counted.Calls, point)}"];
                var found = await PointAsync(mode, calls, fault, [.. injections]);
                outcomes.AddOrUpdate(found.Outcome, 1, (_, count) => count + 1);
            });
        var kinds = counted.Calls.GroupBy(call => call).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Key} {group.Count()}");
        output.WriteLine($"{mode}, {fault}{(forGood ? " from there on" : "")}: {points} calls ({string.Join(", ", kinds)}), faults at {outcomes.Values.Sum()}: "
            + string.Join(", ", outcomes.OrderBy(outcome => outcome.Key, StringComparer.Ordinal).Select(outcome => $"{outcome.Key} {outcome.Value}")));
        Assert.NotEqual(0, points);
    }

    // strace counts each kind of call for itself, from 1.
    private static int Number(List<string> calls, int point) => calls.Take(point + 1).Count(call => call == calls[point]);

    private static IEnumerable<string> FromThereOn(List<string> calls, int point) =>
        calls.Distinct().Select(kind => $"{kind}:error=ENOSPC:when={calls.Take(point).Count(call => call == kind) + 1}+");

    private async Task<(string Outcome, List<string> Calls)> PointAsync(string mode, string calls, string? fault, string[] injections)
    {
        var root = _folder.At($"store-{Guid.NewGuid():N}");
        var where = $"{mode} {string.Join(' ', injections)}";
        var candidate = StoreProgram.Candidates(_folder.Path).Single();
        if (mode != "stage")
        {
            using var store = await StoreProgram.OpenAsync(root);
            await store.StageAsync(candidate, CancellationToken.None);
        }

        string[] options = ["-e", $"trace={calls}", .. injections.SelectMany(injection => (string[])["-e", $"inject={injection}"])];
        var log = root + ".strace";
        string? said;
        int code;
        using (var child = new StoreChild(mode, root, _folder.Path))
        {
            Assert.Equal(StoreProgram.Ready, await child.ReadAsync());
            using var strace = await child.TraceAsync(log, options);
            child.Go();
            said = await child.ReadAsync();
            code = await child.WaitAsync();
            await strace.WaitForExitAsync();
            where += $": {said}, {code}\n{await child.Errors}";
        }

        var lines = await File.ReadAllLinesAsync(log);
        where += string.Join('\n', lines.TakeLast(12));
        if (fault is not null) Assert.True(fault.EndsWith("KILL", StringComparison.Ordinal) ? code == 137 : lines.Any(line => line.Contains("(INJECTED)", StringComparison.Ordinal)), where);
        var hasIt = await CheckAsync(root, candidate, where);
        var outcome = (said, code) switch
        {
            (StoreProgram.Done, 0) => "succeeded",
            (StoreProgram.Failed + PackageCodes.StoreFailed, 3) => "store.failed",

            // What cannot be read of the package itself is the package's fault.
            (StoreProgram.Failed + PackageCodes.Unreadable, 3) when mode == "stage" => "package.unreadable",
            // A package whose directory cannot be opened cannot be seen; who wants it tries again.
            (StoreProgram.Failed + PackageCodes.StoreMissing, 3) when mode == "use" => "store.missing",

            // A mark that cannot be read counts as all packages.
            (StoreProgram.Failed + "package.in-use", 3) when mode == "remove" => "package.in-use",
            (null, 137) when fault == "signal=KILL" => "killed",
            (StoreProgram.Done, 137) when fault == "signal=KILL" => "killed",
            _ => null,
        };
        Assert.True(outcome is not null, where);
        if (outcome == "succeeded" || mode == "use") Assert.True(hasIt == (mode != "remove"), where);
        if (outcome == "package.in-use") Assert.True(hasIt, where);
        return ($"{outcome}/{(hasIt ? "there" : "not there")}", [.. lines.Select(line => CallPattern().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value)]);
    }

    /// <summary>Opens the store as the next process would.</summary>
    /// <returns>Whether the package is there, and then it is whole.</returns>
    private static async Task<bool> CheckAsync(string root, PackageCandidate candidate, string where)
    {
        using var store = await StoreProgram.OpenAsync(root);
        var listed = store.List();
        foreach (var package in listed)
        {
            Assert.True(package.Identity == candidate.Identity && package.Provenance is not null, where);
            await store.VerifyAsync(package, CancellationToken.None);
        }

        Assert.True(Directory.GetFileSystemEntries(Path.Join(root, "staging")).Length == 0, $"{where}\nsomething is left in staging");
        Assert.True(Directory.GetFiles(root, $"*{AtomicFile.UnfinishedSuffix}", SearchOption.AllDirectories).Length == 0, $"{where}\nunfinished files are left");
        Assert.True(Directory.GetDirectories(Path.Join(root, "packages"), "*", SearchOption.AllDirectories).Length == 0 || listed.Count == 1, $"{where}\na package without a record is left");
        Assert.True(store.FindKnown(candidate.Identity.Id, "1.0.0") is not { } known || known == candidate.Provenance!.Sha512, $"{where}\nits hash is known wrongly");

        var mark = Path.Join(root, "uses", $"{StoreProgram.Host}.json");
        Assert.True(!File.Exists(mark) || UseMark.Read(await File.ReadAllBytesAsync(mark))?.All(package => package == candidate.Identity && listed.Count == 1) == true, $"{where}\nits mark is broken");

        var staged = await store.StageAsync(candidate, CancellationToken.None);
        await store.VerifyAsync(staged, CancellationToken.None);
        Assert.Equal(candidate.Identity, Assert.Single(store.List()).Identity);
        Assert.Equal(candidate.Provenance!.Sha512, store.FindKnown(candidate.Identity.Id, "1.0.0"));
        return listed.Count == 1;
    }

    [GeneratedRegex(@"^\d+ +([a-z_0-9]+)\(")]
    internal static partial Regex CallPattern();
}
