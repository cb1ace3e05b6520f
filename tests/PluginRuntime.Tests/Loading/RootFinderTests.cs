using System.Reflection;
using PluginRuntime.Loading;

namespace PluginRuntime.Tests.Loading;

public sealed class RootFinderTests
{
    [Theory]
    [InlineData("gc-handle", "a strong GC handle", "Fixtures.Leaks.Plain")]
    [InlineData("static", "static System.AppContext.s_dataStore", "Fixtures.Leaks.Plain")]
    [InlineData("static-event", "static System.Runtime.CompilerServices.ContractHelper", "Fixtures.Leaks.LeaksConnector.OnContractFailed")]
    public async Task Find_HeldContext_NamesTheChain(string behaviour, string root, string held)
    {
        await using var loads = new Loads(rootFinder: RootFinder.Beside);
        var package = loads.Fixture("Leaks", behaviour);
        await loads.ComeAndGoAsync(package);

        var facts = await loads.UntilToldAsync();

        Assert.True(facts.Chain.Count > 1 && facts.Chain[0].StartsWith(root, StringComparison.Ordinal), facts.HeldBy);
        Assert.StartsWith(held, facts.Chain[^1], StringComparison.Ordinal);
        Assert.Equal(string.Join(" → ", facts.Chain), facts.HeldBy);
        Assert.Contains(loads.Log.Lines, line => line.StartsWith("Warning 3003", StringComparison.Ordinal) && line.EndsWith(facts.HeldBy!, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Find_LiveThread_NamesTheMethodItRuns()
    {
        using var release = Release.Create();
        await using var loads = new Loads(rootFinder: RootFinder.Beside);
        var package = loads.Fixture("Leaks", "thread");
        await loads.ComeAndGoAsync(package);

        var held = await loads.UntilToldAsync();

        Assert.StartsWith("a thread (", held.Chain[0], StringComparison.Ordinal);
        Assert.Contains("Fixtures.Leaks.LeaksConnector", held.Chain[0], StringComparison.Ordinal);
        release.Set();
        var collected = loads.Until(package, facts => facts.CollectedAt is not null);
        Assert.Null(collected.HeldBy);
        Assert.Empty(collected.Chain);
    }

    [Fact]
    public async Task Find_GoneMeanwhile_IsNotToldAsHeld()
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            using var release = Release.Create();
            await using var loads = new Loads(rootFinder: RootFinder.Beside);
            var package = loads.Fixture("Leaks", "thread");
            await loads.ComeAndGoAsync(package);
            loads.UntilSearched();
            release.Set();

            if (loads.CollectWhileSearched() is not { } told)
            {
                return;
            }

            // The search was quicker than the thread's end.
            Assert.StartsWith("a thread (", told.HeldBy, StringComparison.Ordinal);
        }

        Assert.Fail("Each search ended before the context went.");
    }

    [Fact]
    public async Task Find_OnePackageTwice_TellsItsContextsApart()
    {
        await using var loads = new Loads(rootFinder: RootFinder.Beside);
        var package = loads.Fixture("Leaks", "gc-handle");
        await loads.ComeAndGoAsync(package);
        await using var used = await loads.AcquireAsync(package);

        var held = await loads.UntilToldAsync();

        Assert.Equal(["a strong GC handle", "Fixtures.Leaks.Plain"], held.Chain);
    }

    [Fact]
    public async Task Find_ProgramMissing_SaysSoBesideWhatIsKnown()
    {
        await using var loads = new Loads(rootFinder: "/nowhere/finder.dll");
        var package = loads.Fixture("Leaks", "gc-handle");
        await loads.ComeAndGoAsync(package);

        var held = await loads.UntilToldAsync();

        Assert.Equal("something outside what the sweep looks at (the references are not known: /nowhere/finder.dll is not there)", held.HeldBy);
        Assert.Empty(held.Chain);
    }

    [Fact]
    public async Task Find_ProgramFails_SaysWhatItSaid()
    {
        // No program of this name can answer as the root finder does.
        var finder = new RootFinder(typeof(RootFinderTests).Assembly.Location, new ManualTimeProvider());

        var chain = await finder.FindAsync(0, CancellationToken.None);

        Assert.Empty(chain.Links);
        Assert.StartsWith("the search ended with ", chain.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Find_NoSuchContext_SaysSo()
    {
        var finder = new RootFinder(RootFinder.Beside, new ManualTimeProvider());

        var chain = await finder.FindAsync(0, CancellationToken.None);

        Assert.Equal("it is not in memory any more", chain.Problem);
    }

    [Fact]
    public async Task Find_GivenUp_EndsTheChild()
    {
        var finder = new RootFinder(RootFinder.Beside, new ManualTimeProvider());
        using var given = new CancellationTokenSource();
        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => finder.FindAsync(0, given.Token));

        // Its turn is given back.
        Assert.NotNull((await finder.FindAsync(0, CancellationToken.None)).Problem);
    }

    [Fact]
    public async Task Find_SearchHangs_IsEndedAtTheLimit()
    {
        var clock = new ManualTimeProvider();
        var finder = new RootFinder(RootFinder.Beside, clock);
        var search = finder.FindAsync(0, CancellationToken.None);
        clock.Advance(RootFinder.Limit);

        // Either the child was quicker than the two lines above, or its time was up.
        Assert.NotNull((await search).Problem);
    }

    [Fact]
    public async Task Explain_HeldByAnotherMeanwhile_NamesThat()
    {
        using var release = Release.Create();
        await using var loads = new Loads(rootFinder: RootFinder.Beside);
        var package = loads.Fixture("Leaks", "thread-then-handle");
        await loads.ComeAndGoAsync(package);
        var first = await loads.UntilToldAsync();
        release.Set();
        SpinWait.SpinUntil(() => AppContext.GetData("leaks.handed-over") is not null);

        await loads.Watch.ExplainAsync(package.Identity.Id, CancellationToken.None);

        var second = loads.Watch.Latest(package.Identity)!;
        Assert.StartsWith("a thread (", first.HeldBy, StringComparison.Ordinal);
        Assert.StartsWith("a strong GC handle", second.HeldBy, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_ReadByTheProgram_AreThere()
    {
        var type = Assembly.GetAssembly(typeof(RootFinder))!.GetType("PluginRuntime.Loading.ConnectorLoadContext")!;

        Assert.Equal(typeof(long), type.GetField("_number", BindingFlags.Instance | BindingFlags.NonPublic)?.FieldType);
    }
}
