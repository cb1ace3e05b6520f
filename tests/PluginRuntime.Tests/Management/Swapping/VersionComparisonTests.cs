using PluginRuntime.Execution;
using PluginRuntime.Management;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Management.Swapping;

public sealed class VersionComparisonTests : IDisposable
{
    private readonly CancellationTokenSource _lifetime = new();
    private readonly Generation _before;
    private readonly Generation _next;

    public VersionComparisonTests()
    {
        _before = Generations.Create(1, "1.0.0", _lifetime, TimeProvider.System);
        _next = Generations.Create(2, "1.1.0", _lifetime, TimeProvider.System);
    }

    public void Dispose() => _lifetime.Dispose();

    [Theory]
    [InlineData(ConnectorErrorKind.Input)]
    [InlineData(ConnectorErrorKind.NotFound)]
    [InlineData(ConnectorErrorKind.Conflict)]
    [InlineData(ConnectorErrorKind.Rate)]
    public void FindFault_OnlyWhatCallersAreToBlameFor_SaysNothing(ConnectorErrorKind kind)
    {
        _before.Count(succeeded: 1000);
        _next.Count(failed: 1000, failure: Failures.Of(kind));

        Assert.Null(Faults());
        Assert.Equal(1000, VersionSample.Of(_next).All.All);
    }

    [Theory]
    [InlineData(ConnectorErrorKind.Unavailable)]
    [InlineData(ConnectorErrorKind.Timeout)]
    [InlineData(ConnectorErrorKind.Auth)]
    public void FindFault_WhatTheVersionBeforeDidNotHave_IsFound(ConnectorErrorKind kind)
    {
        _before.Count(succeeded: 1000);
        _next.Count(succeeded: 80, failed: 20, failure: Failures.Of(kind));

        Assert.Equal("20 of 100 calls of 'act' failed; of the version before it was 0 %.", Faults());
    }

    [Fact]
    public void FindFault_EveryThirdCallAmong100_IsFound()
    {
        _before.Count(succeeded: 50);
        _next.Count(succeeded: 67, failed: 33, failure: Failures.Bug);

        Assert.StartsWith("33 of 100 calls", Faults(), StringComparison.Ordinal);
    }

    [Fact]
    public void FindFault_OneRareActionIsBroken_IsFoundAmongTheOthers()
    {
        _before.Count(succeeded: 10_000);
        _before.Count(succeeded: 500, action: "other");
        _next.Count(succeeded: 10_000);
        _next.Count(failed: 100, action: "other");

        Assert.StartsWith("100 of 100 calls of 'other' failed", Faults(), StringComparison.Ordinal);
    }

    [Fact]
    public void FindFault_CallersAskForOtherThings_IsNotTheVersionsFault()
    {
        // The one action always failed, and nobody asked for it.
        _before.Count(succeeded: 990);
        _before.Count(failed: 10, action: "other");

        _next.Count(succeeded: 20);
        _next.Count(failed: 200, action: "other");

        Assert.Null(Faults());
    }

    [Theory]
    [InlineData(20, 1, 4, true)]
    [InlineData(19, 1, 4, false)]
    [InlineData(20, 0, 4, false)]
    [InlineData(20, 3, 3, false)]
    public void FindFault_FirstCallsFailByItsOwnFault_IsFoundWithoutASample(int before, int succeeded, int failed, bool isFound)
    {
        _before.Count(succeeded: before);
        _next.Count(succeeded: succeeded, failed: failed, failure: Failures.Bug);

        Assert.Equal(isFound, Faults() is not null);
    }

    [Theory]
    [InlineData(100, 0, true)]
    [InlineData(99, 0, false)]
    [InlineData(199, 1, false)]
    [InlineData(1000, 9, true)]
    [InlineData(1000, 10, false)]
    public void FindFault_OneDefect_CountsWhereTheVersionBeforeHadNoneInAHundredTimesAsManyCalls(int before, int succeeded, bool isFound)
    {
        _before.Count(succeeded: before);
        _next.Count(succeeded: succeeded, failed: 1, failure: Failures.Bug);

        Assert.Equal(isFound, Faults() is not null);
    }

    [Fact]
    public void FindFault_VersionBeforeHadDefectsToo_FirstOneSaysNothing()
    {
        _before.Count(succeeded: 9999, failed: 1, failure: Failures.Bug);
        _next.Count(failed: 1, failure: Failures.Bug);

        Assert.Null(Faults());
    }

    [Theory]
    [InlineData(2, 10.5, true)]
    [InlineData(2, 6, false)]
    [InlineData(0.1, 4, false)]
    [InlineData(0.1, 6, true)]
    [InlineData(100, 400, false)]
    [InlineData(100, 600, true)]
    public void FindSlowness_Durations_FiveTimesAndFiveMillisecondsCount(double before, double now, bool isFound)
    {
        _before.Count(succeeded: 100, milliseconds: before);
        _next.Count(succeeded: 100, milliseconds: now);

        Assert.Equal(isFound, Slowness() is not null);
    }

    [Fact]
    public void FindSlowness_AnotherMixOfQuickAndSlowAnswers_SaysNothing()
    {
        _before.Count(succeeded: 60, milliseconds: 1);
        _before.Count(succeeded: 40, milliseconds: 50);
        _next.Count(succeeded: 40, milliseconds: 1);
        _next.Count(succeeded: 60, milliseconds: 50);

        Assert.Null(Slowness());
    }

    [Fact]
    public void FindSlowness_CallersAskForTheSlowAction_SaysNothing()
    {
        _before.Count(succeeded: 1000, milliseconds: 1);
        _before.Count(succeeded: 100, milliseconds: 300, action: "other");
        _next.Count(succeeded: 10, milliseconds: 1);
        _next.Count(succeeded: 1000, milliseconds: 300, action: "other");

        Assert.Null(Slowness());
    }

    private string? Faults() =>
        VersionComparison.FindFault(VersionSample.Of(_next), VersionSample.Of(_before), VersionSample.Of(_before), calls: 100, few: 100);

    private string? Slowness() => VersionComparison.FindSlowness(VersionSample.Of(_next), VersionSample.Of(_before), calls: 100);
}
