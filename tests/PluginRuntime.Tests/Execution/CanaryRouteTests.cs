using PluginRuntime.Execution;
using PluginRuntime.Tests.Management.Swapping;

namespace PluginRuntime.Tests.Execution;

public sealed class CanaryRouteTests : IDisposable
{
    private readonly CancellationTokenSource _lifetime = new();
    private readonly Generation _candidate;

    public CanaryRouteTests() => _candidate = Generations.Create(2, "1.1.0", _lifetime, TimeProvider.System);

    public void Dispose() => _lifetime.Dispose();

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.05)]
    [InlineData(0.2)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Takes_1000Calls_ItsShareOfAnyRhythm(double share)
    {
        var route = new CanaryRoute(_candidate, share);
        var (taken, ofEvery20th) = (0, 0);
        for (var i = 0; i < 20_000; i++)
        {
            var takes = route.Takes("act");
            taken += takes && i < 1000 ? 1 : 0;
            ofEvery20th += takes && i % 20 == 0 ? 1 : 0;
        }

        Assert.InRange(taken / 1000.0, share - 0.01, share + 0.01);
        Assert.InRange(ofEvery20th / 1000.0, share - 0.01, share + 0.01);
    }

    [Fact]
    public void Takes_ActionThatItDoesNotHave_IsNone() => Assert.False(new CanaryRoute(_candidate, 1).Takes("gone"));

    [Fact]
    public void Takes_ItsBreakerIsOpen_IsNone()
    {
        var route = new CanaryRoute(_candidate, 1);
        Assert.True(route.Takes("act"));

        for (var i = 0; i < _candidate.Settings.Breaker.Failures; i++)
        {
            _candidate.Breaker.Fail();
        }

        Assert.False(route.Takes("act"));
    }

    [Fact]
    public void Choose_LaterAttempts_MeetTheLiveVersion()
    {
        var slot = new InstanceSlot("p", TimeProvider.System);
        var live = Generations.Create(1, "1.0.0", _lifetime, TimeProvider.System);
        var route = new CanaryRoute(_candidate, 1);
        slot.Publish(live);
        Assert.Same(live, slot.Choose("act", isFirst: true));

        slot.Divert(route);
        Assert.Same(_candidate, slot.Choose("act", isFirst: true));
        Assert.Same(live, slot.Choose("act", isFirst: false));
        slot.Rejoin(new CanaryRoute(_candidate, 1));
        Assert.Same(_candidate, slot.Choose("act", isFirst: true));

        slot.Rejoin(route);
        Assert.Same(live, slot.Choose("act", isFirst: true));
    }
}
