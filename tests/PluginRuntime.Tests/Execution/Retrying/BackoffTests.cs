using FsCheck;
using FsCheck.Fluent;
using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Tests.Execution.Retrying;

public sealed class BackoffTests
{
    private const double _almostOne = 1 - 1e-12;

    private static readonly TimeSpan _base = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan _cap = TimeSpan.FromSeconds(30);

    private static readonly Arbitrary<(int Retry, TimeSpan Base, TimeSpan Cap, double Random)> _inputs = Arb.From(
        from retry in Gen.OneOf(Gen.Choose(0, 70), Gen.Choose(0, int.MaxValue), Gen.Constant(int.MaxValue))
        from baseTicks in Ticks()
        from capTicks in Ticks()
        from random in Gen.OneOf(Gen.Choose(0, 999_999).Select(n => n / 1_000_000d), Gen.Constant(Math.BitDecrement(1d)))
        select (retry, TimeSpan.FromTicks(baseTicks), TimeSpan.FromTicks(capTicks), random));

    [Theory]
    [InlineData(0, 0, 100)]
    [InlineData(0, 0.5, 150)]
    [InlineData(0, _almostOne, 200)]
    [InlineData(1, _almostOne, 400)]
    [InlineData(4, 0, 100)]
    [InlineData(4, 0.5, 1650)]
    [InlineData(7, _almostOne, 25_600)]
    [InlineData(8, _almostOne, 30_000)]
    [InlineData(8, 0.5, 15_050)]
    [InlineData(int.MaxValue, 0.5, 15_050)]
    public void Delay_KnownDraw_IsEvenlySpreadBetweenHalfTheBaseAndTheUpperEnd(int retry, double random, double milliseconds)
    {
        var delay = Backoff.Delay(retry, _base, _cap, random);

        Assert.Equal(milliseconds, delay.TotalMilliseconds, 0.01);
    }

    [Fact]
    public void Delay_AnyInput_LiesBetweenHalfTheBaseAndTheCap() => Check.QuickThrowOnFailure(Prop.ForAll(_inputs, input =>
    {
        var delay = Backoff.Delay(input.Retry, input.Base, input.Cap, input.Random);
        var lower = Math.Min(input.Base.Ticks / 2, input.Cap.Ticks);
        return delay.Ticks >= lower && delay <= input.Cap;
    }));

    [Fact]
    public void Delay_NextRetry_IsNeverShorterForTheSameDraw() => Check.QuickThrowOnFailure(Prop.ForAll(_inputs, input =>
    {
        var retry = Math.Min(input.Retry, int.MaxValue - 1);
        return Backoff.Delay(retry, input.Base, input.Cap, input.Random)
            <= Backoff.Delay(retry + 1, input.Base, input.Cap, input.Random);
    }));

    [Fact]
    public void Delay_NoOverflow_AgreesWithTheFormulaInBigNumbers() => Check.QuickThrowOnFailure(Prop.ForAll(_inputs, input =>
    {
        var upper = System.Numerics.BigInteger.Min(
            input.Cap.Ticks, new System.Numerics.BigInteger(input.Base.Ticks) << Math.Min(input.Retry, 200));
        var lower = Math.Min(input.Base.Ticks / 2, (long)upper);
        return Backoff.Delay(input.Retry, input.Base, input.Cap, input.Random).Ticks
            == lower + (long)(((long)upper - lower) * input.Random);
    }));

    [Fact]
    public void Delay_TenThousandClients_NeverComeBackInOneWave()
    {
        var random = new Random(20_300_101);
        var roundsWithLongDelays = 0;
        for (var retry = 0; retry < 20; retry++)
        {
            var delays = Enumerable.Range(0, 10_000).Select(_ => Backoff.Delay(retry, _base, _cap, random.NextDouble())).Order().ToList();
            if (delays[delays.Count / 2] < TimeSpan.FromSeconds(2))
            {
                continue;
            }

            roundsWithLongDelays++;
            var fullest = delays.GroupBy(delay => (int)(delay.TotalMilliseconds / 100)).Max(bucket => bucket.Count());
            Assert.True(fullest <= 500, $"Before retry {retry}, {fullest} of 10,000 clients share one bucket of 100 ms.");
        }

        Assert.Equal(15, roundsWithLongDelays);
    }

    [Theory]
    [InlineData(-1, 200, 0.5)]
    [InlineData(0, -1, 0.5)]
    [InlineData(0, 200, -0.1)]
    [InlineData(0, 200, 1)]
    [InlineData(0, 200, double.NaN)]
    public void Delay_ArgumentOutOfRange_Throws(int retry, int baseMilliseconds, double random) =>
        Assert.Throws<ArgumentOutOfRangeException>(
            () => Backoff.Delay(retry, TimeSpan.FromMilliseconds(baseMilliseconds), _cap, random));

    private static Gen<long> Ticks() => Gen.OneOf(
        Gen.Choose(0, 100_000_000).Select(n => (long)n),
        Gen.Choose(0, int.MaxValue).Select(n => (long)n << 32),
        Gen.Constant(long.MaxValue));
}
