using FsCheck;
using FsCheck.Fluent;
using PluginRuntime.Health;

namespace PluginRuntime.Tests.Health;

public sealed class VerdictTests
{
    [Fact]
    public void Observe_AnyHistory_ChangesOnlyAfterAsManyInARowAsSaid()
    {
        var property = Prop.ForAll(Gen.ListOf(Gen.Elements(true, false)).ToArbitrary(), observations =>
        {
            var verdict = new Verdict(new() { FailureThreshold = 3, SuccessThreshold = 2 });
            var seen = new List<bool>();
            foreach (var isGood in observations)
            {
                var before = verdict.IsHealthy;
                var changed = verdict.Observe(isGood);
                seen.Add(isGood);
                var row = seen.AsEnumerable().Reverse().TakeWhile(each => each == isGood).Count();
                var expected = before ? isGood || row < 3 : isGood && row >= 2;
                if (verdict.IsHealthy != expected || changed != (before != expected) || verdict.IsInDoubt == isGood)
                {
                    return false;
                }
            }

            return true;
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000), property);
    }
}
