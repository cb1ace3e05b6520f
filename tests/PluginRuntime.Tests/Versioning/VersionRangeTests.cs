using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Versioning;

public sealed class VersionRangeTests
{
    [Theory]
    [InlineData("1.2.3", "1.2.3 1.2.3+build", "1.2.2 1.2.4 1.2.3-beta")]
    [InlineData("1.2.3-beta", "1.2.3-beta", "1.2.3 1.2.3-beta.1 1.2.3-alpha")]
    [InlineData("1.2.3+build", "1.2.3 1.2.3+other", "1.2.4")]
    [InlineData("1.2", "1.2.0 1.2.99", "1.1.9 1.3.0 1.2.3-beta 1.3.0-0")]
    [InlineData("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0 0.3.0-alpha")]
    [InlineData("^0.0.3", "0.0.3", "0.0.2 0.0.4")]
    [InlineData("~1.2.3-beta.2", "1.2.3-beta.2 1.2.3 1.2.9", "1.2.3-beta.1 1.2.4-beta.2 1.3.0")]
    [InlineData("1.2 - 2", "1.2.0 2.9.9", "1.1.9 3.0.0 3.0.0-0")]
    [InlineData("\t>= 1.2 \n <2\r||3.x ", "1.2.0 3.4.5", "2.0.0 4.0.0")]
    [InlineData("* || 1.2.3-beta", "1.0.0 1.2.3-beta", "1.2.3-alpha")]
    [InlineData("^18446744073709551615.0.0", "18446744073709551615.1.0", "18446744073709551616.0.0")]
    public void Contains_NpmSyntax_HoldsWhatItSays(string range, string inside, string outside) => AssertContains(range, inside, outside);

    [Theory]
    [InlineData("[1.0,2.0)", "1.0.0 1.9.9", "0.9.9 2.0.0 1.5.0-beta 2.0.0-beta 1.0.0-beta")]
    [InlineData("[1.0,2.0]", "1.0.0 2.0.0", "2.0.1")]
    [InlineData("(1.0,2.0)", "1.0.1", "1.0.0 2.0.0")]
    [InlineData("(1,2]", "1.0.1 2.0.0", "1.0.0 2.0.1")]
    [InlineData("[1.2.3]", "1.2.3 1.2.3+build", "1.2.2 1.2.4 1.2.3-beta")]
    [InlineData("[1.2]", "1.2.0", "1.2.1")]
    [InlineData("[1.0,1.0]", "1.0.0", "1.0.1")]
    [InlineData("(,2.0]", "0.0.0 2.0.0", "2.0.1 1.0.0-beta")]
    [InlineData("[,2.0)", "0.0.0", "2.0.0")]
    [InlineData("[1.0,)", "1.0.0 99.0.0", "0.9.9 2.0.0-beta")]
    [InlineData("(1.0,]", "1.0.1", "1.0.0")]
    [InlineData("[1.2.3-beta]", "1.2.3-beta", "1.2.3 1.2.3-rc")]
    [InlineData("[1.0-beta,2.0)", "1.0.0-beta 1.0.0-rc 1.0.0 1.9.9", "1.0.0-alpha 1.5.0-beta 2.0.0-alpha")]
    [InlineData("[1.0,2.0-rc)", "1.0.0 1.9.9 2.0.0-beta", "2.0.0-rc 2.0.0 1.5.0-beta")]
    [InlineData(" [ 1.0 , 2.0 ) ", "1.0.0", "2.0.0")]
    [InlineData("[1.0,1.1) || ^2 || (3.0,)", "1.0.5 2.4.0 3.0.1", "1.1.0 3.0.0")]
    public void Contains_Interval_HoldsWhatItSays(string range, string inside, string outside) => AssertContains(range, inside, outside);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("||")]
    [InlineData("1 ||")]
    [InlineData("|| 1")]
    [InlineData("1 || || 2")]
    [InlineData("[")]
    [InlineData("[]")]
    [InlineData("()")]
    [InlineData("(,)")]
    [InlineData("[,]")]
    [InlineData("(1.0)")]
    [InlineData("[1.0)")]
    [InlineData("(1.0]")]
    [InlineData("[1.0")]
    [InlineData("1.0]")]
    [InlineData("[1.0,2.0")]
    [InlineData("[1.0,2.0) [3.0,)")]
    [InlineData("[1.0,2.0) >1")]
    [InlineData(">1 [1.0,2.0)")]
    [InlineData("[2.0,1.0]")]
    [InlineData("(1.0,1.0)")]
    [InlineData("[1.0,1.0)")]
    [InlineData("[1.0,2.0,3.0]")]
    [InlineData("[1.*,2.0)")]
    [InlineData("[v1.0,2.0)")]
    [InlineData("[01.0,2.0)")]
    [InlineData("[1.2.3.4,)")]
    [InlineData("[1.,2)")]
    [InlineData("[-beta,2)")]
    [InlineData("[>=1,2)")]
    public void TryParse_NoRange_IsRefusedWithASentence(string? text)
    {
        Assert.False(VersionRange.TryParse(text, out var range, out var error));
        Assert.Null(range);
        Assert.EndsWith(".", error, StringComparison.Ordinal);
        Assert.Equal(error, Assert.Throws<FormatException>(() => VersionRange.Parse(text!)).Message);
    }

    [Theory]
    [InlineData("", "The version range is empty; write * for any version.")]
    [InlineData("1 ||", "'1 ||' is not a version range: one of its alternatives is empty; write * for any version.")]
    [InlineData(">=1 <", "'>=1 <' is not a version range: no version follows '<'.")]
    [InlineData("^1.2-beta", "'^1.2-beta' is not a version range: '1.2-beta' is no version: a prerelease needs all three numbers before it, as in 1.2.3-beta.")]
    [InlineData("1 - 2 3", "'1 - 2 3' is not a version range: a hyphen between spaces needs one version on each side and nothing else, as in 1.2 - 2.")]
    [InlineData("(1.0)", "'(1.0)' is not a version range: the interval '(1.0)' has one version, which needs square brackets, as in [1.2.3].")]
    [InlineData("\u001b[31m", "'?[31m' is not a version range: '?[31m' is no version: '?[31m' is not a number.")]
    public void TryParse_NoRange_SaysWhatIsWrong(string text, string message)
    {
        Assert.False(VersionRange.TryParse(text, out _, out var error));
        Assert.Equal(message, error);
    }

    [Fact]
    public void TryParse_LongestText_IsReadAndOneMoreIsRefused()
    {
        var longest = "1.0.0" + new string(' ', VersionRange.MaximumLength - 5);

        Assert.Equal(longest, VersionRange.Parse(longest).ToString());
        Assert.False(VersionRange.TryParse(longest + " ", out _, out var error));
        Assert.Contains("513", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Highest_UnsortedCandidates_GivesTheHighestInRange()
    {
        var candidates = new[] { "1.2.0", "2.0.0", "1.10.0-rc", "1.9.1+first", "1.9.1+second", "0.9.0" }.Select(SemanticVersion.Parse).ToArray();

        Assert.Equal("1.9.1+first", VersionRange.Parse("^1").Highest(candidates)?.ToString());
        Assert.Null(VersionRange.Parse("^3").Highest(candidates));
        Assert.Null(VersionRange.Parse("*").Highest([]));
    }

    private static void AssertContains(string text, string inside, string outside)
    {
        var range = VersionRange.Parse(text);

        Assert.Equal(text, range.ToString());
        Assert.All(inside.Split(' '), version => Assert.True(range.Contains(SemanticVersion.Parse(version)), $"{text} holds {version}"));
        Assert.All(outside.Split(' '), version => Assert.False(range.Contains(SemanticVersion.Parse(version)), $"{text} does not hold {version}"));
    }
}
