using System.Globalization;
using PluginRuntime.Packages;
using PluginRuntime.Tests.Management;
using Xunit.Abstractions;

namespace PluginRuntime.Tests.Packages.Crashes;

/// <summary>Two hosts under callers that share a store: both install, swap, remove and collect, and one of them is killed again and
/// again.</summary>
public sealed class SharedHostTests(ITestOutputHelper output) : IAsyncDisposable
{
    private const int Seed = 20_250_102;

    private readonly PackageFolder _folder = new();
    private readonly FeedUnderTest _feed = FeedUnderTest.Create(isHttp: false);

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _feed.DisposeAsync();
    }

    [Fact]
    public Task Kill_OneOfTwoHosts_NoCallOfTheOtherFails() => RunAsync(kills: 3, longest: 12);

    [LongFact]
    public Task Kill_OneOfTwoHostsOften_NoCallOfTheOtherFails() => RunAsync(kills: 60, longest: 40);

    private async Task RunAsync(int kills, int longest)
    {
        foreach (var version in (string[])["1.0.0", "1.1.0", "1.2.0", "1.3.0"]) _feed.Publish(version);
        var store = _folder.At("store");
        var random = new Random(Seed);
        await using var test = await HostProgram.StartAsync(_folder.At("here"), store, _feed.Location, """{"version":"1.x","update":"manual"}""");
        await test.UntilAsync(status => status.Generation is not null);
        await using var load = new CallLoad(test, callers: 2);
        using var stop = new CancellationTokenSource();
        var own = ChurnAsync(test, new Random(Seed + 1), stop.Token);
        var operations = 0;
        for (var kill = 0; kill < kills; kill++)
        {
            // It comes up with what it ran before, whatever this host removed meanwhile.
            using var child = new StoreChild(HostProgram.Mode, _folder.At("there"), store, _feed.Location);
            if (await child.ReadAsync() is var said and not StoreProgram.Ready) Assert.Fail($"{said}\n{await child.Errors}");
            child.Go($"{HostProgram.Churn} {random.Next().ToString(CultureInfo.InvariantCulture)}");
            for (var life = random.Next(1, longest); life > 0; life--, operations++)
            {
                if (await child.ReadAsync() is var line and not StoreProgram.Operation) Assert.Fail($"{line}\n{await child.Errors}");
            }

            child.Kill();
            Assert.Equal(137, await child.WaitAsync());
        }

        await stop.CancelAsync();
        var (ownOperations, wrong) = await own;
        var (versions, failures) = await load.StopAsync();
        output.WriteLine($"{kills} kills after {operations} operations of the one host; {ownOperations} of the other, {load.Calls} calls on {versions.Count} versions, {HostProgram.Tell(failures)}");
        Assert.Empty(wrong);
        Assert.Empty(failures);
        Assert.True(ownOperations > 0 && versions.Count > 1);
        using var opened = await StoreProgram.OpenAsync(store);
        foreach (var package in opened.List()) await opened.VerifyAsync(package, CancellationToken.None);
        Assert.Equal(2, Directory.GetFiles(Path.Join(store, "uses")).Length);
    }

    private static async Task<(int Operations, IReadOnlyList<string> Wrong)> ChurnAsync(RuntimeUnderTest test, Random random, CancellationToken stop)
    {
        var wrong = new List<string>();
        var operations = 0;
        for (; !stop.IsCancellationRequested; operations++)
        {
            if (await HostProgram.DoAnyAsync(test, random) is { } found) wrong.Add(found);
        }

        return (operations, wrong);
    }
}
