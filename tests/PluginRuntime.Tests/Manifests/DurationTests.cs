using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Manifests;

public sealed class DurationTests
{
    [Theory]
    [InlineData("0s", 0)]
    [InlineData("500ms", 500)]
    [InlineData("30s", 30_000)]
    [InlineData("10m", 600_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("00:00:30", 30_000)]
    [InlineData("1.00:00:00.5", 86_400_500)]
    public void TryParse_Accepted_GivesTheSpan(string text, double milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var value));
        Assert.Equal(milliseconds, value.TotalMilliseconds);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1.5s")]
    [InlineData(" 1s")]
    [InlineData("1 s")]
    [InlineData("1S")]
    [InlineData("1d")]
    [InlineData("-00:00:01")]
    [InlineData("99999999999999999999s")]
    [InlineData("9223372036854775807h")]
    [InlineData("٣s")]
    [InlineData("25:61:00")]
    public void TryParse_Refused_GivesFalse(string? text)
    {
        Assert.False(Duration.TryParse(text, out _));
    }

    [Fact]
    public void TryParse_LargestSpan_DoesNotOverflow()
    {
        Assert.True(Duration.TryParse("922337203685477ms", out var value));
        Assert.Equal(922_337_203_685_477L * TimeSpan.TicksPerMillisecond, value.Ticks);
        Assert.False(Duration.TryParse("922337203685478ms", out _));
    }
}
