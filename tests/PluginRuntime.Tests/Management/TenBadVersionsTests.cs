using PluginRuntime.Diagnostics;
using PluginRuntime.Management;
using Xunit.Abstractions;

namespace PluginRuntime.Tests.Management;

/// <summary>Ten kinds of bad versions arrive during calls: each is never published, or takes itself back.</summary>
public sealed class TenBadVersionsTests(ITestOutputHelper output)
{
    private const int Callers = 8;

    /// <summary>So many calls of the good version let a single defect of the next one count.</summary>
    private const int CallsBefore = 200;

    /// <summary>Fails once: among several callers others may have been answered so often meanwhile that once says nothing.</summary>
    private const string Once = "first-call-throws";

    /// <summary>The kind; whether it is published before it is found; a part of the reason.</summary>
    private static readonly (string Kind, bool IsPublished, string Reason)[] _kinds =
    [
        ("constructor-throws", false, "thrown by the constructor"),
        ("init-hangs", false, "did not end within"),
        ("health-fails", false, "the check says no"),
        (Once, true, "failed by its own fault"),
        ("third-call-throws", true, "failed"),
        ("slow", true, "took longer than"),
        ("leaks", true, ""),
        ("lies", true, "failed by its own fault"),
        ("native-missing", true, "failed by its own fault"),
        ("part-missing", true, "failed by its own fault"),
    ];

    public static TheoryData<string, bool, string> Kinds
    {
        get
        {
            var data = new TheoryData<string, bool, string>();
            foreach (var (kind, isPublished, reason) in _kinds)
            {
                data.Add(kind, isPublished, reason);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task DropFolder_BadVersionArrivesDuringCalls_EndsOnTheGoodOne(string kind, bool isPublished, string reason)
    {
        await using var test = await StartAsync();

        await ArriveAsync(test, "1.1.0", kind, isPublished, reason);
    }

    [LongFact]
    public async Task DropFolder_100BadVersionsOfTenKinds_100EndOnTheGoodOne()
    {
        await using var test = await StartAsync();
        var (failed, calls) = (0, 0L);
        for (var i = 0; i < 100; i++)
        {
            var (kind, isPublished, reason) = _kinds[i % _kinds.Length];
            var (failures, made) = await ArriveAsync(test, $"1.1.{i}", kind, isPublished, reason);
            (failed, calls) = (failed + failures, calls + made);
        }

        Assert.Equal(100, test.Status().Quarantine.Count);
        Assert.Equal("1.0.0", test.Status().Generation!.Version);
        output.WriteLine($"{calls} calls, 100 bad versions, 100 ended on the good one; {failed} calls failed, all on versions in their bake period");
    }

    private static async Task<RuntimeUnderTest> StartAsync()
    {
        var test = RuntimeUnderTest.Create();
        Drop(test, "1.0.0", "");
        await test.StartAsync(options => options.Instances["p"] =
            """
            { "connector": "bad", "pool": { "size": 16, "min": 1 }, "bake": { "time": "10s", "calls": 50 }, "attemptTimeout": "3s",
              "retry": { "maxRetries": 0 } }
            """);
        await test.UntilVersionAsync("1.0.0");
        return test;
    }

    private static async Task<(int Failures, long Calls)> ArriveAsync(RuntimeUnderTest test, string version, string kind, bool isPublished, string reason)
    {
        await using var load = new CallLoad(test, kind == Once ? 1 : Callers, "work");
        await test.UntilAsync(_ => load.Calls >= CallsBefore);

        Drop(test, version, kind);
        await test.UntilAsync(status => status.Quarantine.Any(entry => entry.Package.Version.ToString() == version));
        await test.UntilVersionAsync("1.0.0");
        await test.UntilAsync(status => !isPublished || status.Previous is { Drained: not null } previous && previous.Version == version);

        // A version that is taken back is told of when the rollback's operation has ended, which is later.
        var outcome = isPublished ? EventTypes.RolledBack : EventTypes.Quarantined;
        await test.UntilAsync(_ => test.Runtime.Events.Snapshot().Any(each => each.Version == version && each.Type == outcome));

        var (versions, failures) = await load.StopAsync();
        var entry = test.Status().Quarantine.Single(entry => entry.Package.Version.ToString() == version);
        var events = test.Runtime.Events.Snapshot().Where(each => each.Version == version).ToList();
        Assert.Contains(reason, entry.Detail, StringComparison.Ordinal);
        Assert.Equal(isPublished, events.Any(each => each.Type == EventTypes.Published));
        Assert.Contains(events, each => each.Type == outcome && each.Detail.Contains(entry.Detail, StringComparison.Ordinal));
        Assert.Subset(isPublished ? new HashSet<string> { "1.0.0", version } : ["1.0.0"], versions.ToHashSet());
        Assert.Equal("1.0.0", (await test.CallAsync("work")).GetProperty("version").GetString());
        if (!isPublished)
        {
            Assert.Empty(failures);
        }

        return (failures.Count, load.Calls);
    }

    private static void Drop(RuntimeUnderTest test, string version, string behaviour) =>
        FixturePackages.Drop(
            FixturePackages.Built(FixturePackages.Bad), test.DropFolder, $"bad-{version}", version, behaviour,
            behaviour == "part-missing" ? LosePart : null);

    private static void LosePart(string directory)
    {
        File.Delete(Path.Combine(directory, "Newtonsoft.Json.dll"));
        FixturePackages.Describe(directory, null);
    }
}
