using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

public sealed class DropFolderTests
{
    [Fact]
    public async Task Removed_LowerMatchThere_TakesOver()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        var higher = FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.1.0");

        Directory.Delete(higher, recursive: true);

        await test.UntilVersionAsync("1.0.0");
        Assert.Equal("1.0.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Removed_NoOtherMatch_StoredCopyServesAlsoAfterARestart()
    {
        await using var test = RuntimeUnderTest.Create();
        var only = FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        Directory.Delete(only, recursive: true);
        await test.UntilAsync(_ => test.Runtime.List().Items.Count == 0);
        Assert.Equal("1.0.0", await test.VersionAsync());
        await test.Runtime.ShutdownAsync();

        await using var again = RuntimeUnderTest.Create(test.Root);
        await again.StartProbeAsync();
        await again.UntilVersionAsync("1.0.0");
        Assert.Equal("1.0.0", await again.VersionAsync());
        Assert.Contains("stored copy", again.Status().Notice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FolderVanishes_NothingChanges()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.1.0");
        var generation = test.Status().Generation!.Number;

        Directory.Move(test.DropFolder, test.DropFolder + "-away");
        await test.UntilAsync(_ => test.Runtime.List().Problems.Any(problem => problem.Code == "source.unreadable"));
        Assert.Equal("1.1.0", await test.VersionAsync());
        Directory.Move(test.DropFolder + "-away", test.DropFolder);
        await test.UntilAsync(_ => test.Runtime.List().Problems.Count == 0);

        Assert.Equal(generation, test.Status().Generation!.Number);
    }

    [Fact]
    public async Task SameVersionOtherBytes_IsTakenWithAWarning()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0", name: "probe");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        var hash = test.Status().Generation!.Hash;

        FixturePackages.Drop(
            FixturePackages.Built(FixturePackages.Probe), test.DropFolder, "probe", "1.0.0",
            spoil: directory =>
            {
                File.WriteAllText(Path.Combine(directory, "extra.txt"), "more");
                FixturePackages.Describe(directory, "1.0.0");
            },
            replace: true);

        await test.UntilAsync(status => status.Generation?.Hash != hash);
        Assert.Equal("1.0.0", await test.VersionAsync());
        Assert.Contains(test.Log.Lines, line => line.StartsWith("Warning 1011", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OverwrittenInPlace_SlowCopyOfANewVersion_SwapsOnceWhole()
    {
        await using var test = RuntimeUnderTest.Create();
        var folder = FixturePackages.DropProbe(test.DropFolder, "1.0.0", name: "probe");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        await using var load = new CallLoad(test, callers: 2);
        var staged = Path.Combine(test.Root, "next");
        FixturePackages.Copy(folder, staged);
        await File.AppendAllTextAsync(Path.Combine(staged, "more.txt"), new string('x', 100_000));
        FixturePackages.Describe(staged, "1.1.0");

        File.Copy(Path.Combine(staged, "connector.json"), Path.Combine(folder, "connector.json"), overwrite: true);
        await using (var target = File.Create(Path.Combine(folder, "more.txt")))
        {
            foreach (var piece in (await File.ReadAllBytesAsync(Path.Combine(staged, "more.txt"))).Chunk(10_000))
            {
                await target.WriteAsync(piece);
                await target.FlushAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(40), TimeProvider.System);
                Assert.Equal("1.0.0", await test.VersionAsync());
            }
        }

        await test.UntilVersionAsync("1.1.0");
        Assert.Equal("1.1.0", await test.VersionAsync());
        var (versions, failures) = await load.StopAsync();
        Assert.Empty(failures);
        Assert.Contains("1.0.0", versions);
    }
}
