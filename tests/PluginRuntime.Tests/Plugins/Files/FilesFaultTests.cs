using PluginRuntime.Tests.Packages.Crashes;
using PluginRuntime.Tests.Sdk;
using Xunit.Abstractions;

namespace PluginRuntime.Tests.Plugins.Files;

/// <summary>A process that writes a file, and at each of its system calls is killed, or told that the disk is full or broken.</summary>
public sealed class FilesFaultTests(ITestOutputHelper output)
{
    private const string Calls = "openat,pwrite64,fsync,fchmod,?rename,?renameat,?renameat2,?link,?linkat,unlinkat";
    private const string Old = "old";
    private const string New = "new content";

    [StraceFact]
    public Task Write_Killed_LeavesOldOrNew() => RunAsync("signal=KILL");

    [StraceFact]
    public Task Write_DiskIsFull_LeavesOldOrNewAndSaysSo() => RunAsync("error=ENOSPC");

    [LongFact(NeedsStrace = true)]
    public Task Write_DiskIsBroken_LeavesOldOrNewAndSaysSo() => RunAsync("error=EIO");

    private async Task RunAsync(string fault)
    {
        foreach (var mode in new[] { "replace", "create" })
        {
            var calls = await PointAsync(mode, fault, null);
            Assert.InRange(calls.Count, 5, 50);
            for (var point = 0; point < calls.Count; point++)
            {
                var number = calls.Take(point + 1).Count(call => call == calls[point]);
                await PointAsync(mode, fault, $"{calls[point]}:{fault}:when={number}");
            }

            output.WriteLine($"{mode}, {fault}: {string.Join(", ", calls)}");
        }
    }

    /// <returns>The calls that were made.</returns>
    private static async Task<List<string>> PointAsync(string mode, string fault, string? injection)
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "a");
        var old = mode == "replace" ? Old : null;
        if (old is not null)
        {
            await File.WriteAllTextAsync(path, old);
        }

        var log = Path.Combine(Path.GetTempPath(), $"files-{Guid.NewGuid():N}.strace");
        using var child = new StoreChild(FilesProgram.Mode, directory.Path, mode);
        Assert.Equal(StoreProgram.Ready, await child.ReadAsync());
        using var strace = await child.TraceAsync(log, injection is null ? ["-e", $"trace={Calls}"] : ["-e", $"trace={Calls}", "-e", $"inject={injection}"]);
        child.Go();
        var said = await child.ReadAsync();
        var code = await child.WaitAsync();
        await strace.WaitForExitAsync();
        var lines = await File.ReadAllLinesAsync(log);
        File.Delete(log);

        var now = File.Exists(path) ? await File.ReadAllTextAsync(path) : null;
        var where = $"{injection}: said {said}, exit {code}, left '{now}': {await child.Errors}";
        Assert.True(now == old || now == New, where);
        if (said == StoreProgram.Done)
        {
            Assert.True(now == New, where);
        }
        else if (fault.StartsWith("error", StringComparison.Ordinal))
        {
            // What says that nothing happened has changed nothing, and left nothing.
            Assert.True(said is not null && said.StartsWith(StoreProgram.Failed, StringComparison.Ordinal), where);
            Assert.True(now == old || said.EndsWith("True", StringComparison.Ordinal), where);
            Assert.True(injection!.StartsWith("unlinkat", StringComparison.Ordinal) || !Directory.EnumerateFiles(directory.Path, ".*").Any(), where);
        }

        return [.. lines.Select(line => line.Split([' '], 2)[1].TrimStart()).Where(line => line.Contains('(', StringComparison.Ordinal) && !line.StartsWith('<')).Select(line => line[..line.IndexOf('(', StringComparison.Ordinal)])];
    }
}
