using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Versioning;

public sealed class SemanticVersionTests
{
    [Theory]
    [InlineData("0.0.0", "", "")]
    [InlineData("1.2.3", "", "")]
    [InlineData("10.20.30", "", "")]
    [InlineData("1.0.0-0", "0", "")]
    [InlineData("1.0.0-alpha.1", "alpha.1", "")]
    [InlineData("1.0.0-0a.-.--1", "0a.-.--1", "")]
    [InlineData("1.0.0-a-b", "a-b", "")]
    [InlineData("1.0.0+001", "", "001")]
    [InlineData("1.0.0+a-b.c", "", "a-b.c")]
    [InlineData("1.0.0-rc.1+5.sha-1", "rc.1", "5.sha-1")]
    [InlineData("1.0.0---+--", "--", "--")]
    public void TryParse_Version_GivesItsParts(string text, string prerelease, string build)
    {
        Assert.True(SemanticVersion.TryParse(text, out var version));

        Assert.Equal(text.Split('-', '+')[0], $"{version.Major}.{version.Minor}.{version.Patch}");
        Assert.Equal(prerelease, version.Prerelease);
        Assert.Equal(build, version.Build);
        Assert.Equal(prerelease.Length > 0, version.IsPrerelease);
        Assert.Equal(text, version.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("1")]
    [InlineData("1.2")]
    [InlineData("1.2.3.4")]
    [InlineData("v1.2.3")]
    [InlineData("=1.2.3")]
    [InlineData(" 1.2.3")]
    [InlineData("1.2.3 ")]
    [InlineData("1.2.3\n")]
    [InlineData("1. 2.3")]
    [InlineData("01.2.3")]
    [InlineData("1.02.3")]
    [InlineData("1.2.03")]
    [InlineData("00.0.0")]
    [InlineData("-1.2.3")]
    [InlineData("+1.2.3")]
    [InlineData("1..3")]
    [InlineData(".1.2")]
    [InlineData("1.2.")]
    [InlineData("1.2.x")]
    [InlineData("1.2.3-")]
    [InlineData("1.2.3+")]
    [InlineData("1.2.3-+b")]
    [InlineData("1.2.3-a..b")]
    [InlineData("1.2.3-a.")]
    [InlineData("1.2.3-.a")]
    [InlineData("1.2.3-01")]
    [InlineData("1.2.3-a.00")]
    [InlineData("1.2.3-a_b")]
    [InlineData("1.2.3-é")]
    [InlineData("1.2.3+a+b")]
    [InlineData("1.2.3+a..b")]
    [InlineData("1.2.3+é")]
    [InlineData("١.٢.٣")]
    [InlineData("1.2.3-١")]
    [InlineData("１.2.3")]
    [InlineData("1,2,3")]
    [InlineData("0x1.2.3")]
    [InlineData("1e1.2.3")]
    public void TryParse_NoVersion_IsRefused(string? text)
    {
        Assert.False(SemanticVersion.TryParse(text, out var version));
        Assert.Null(version);
        Assert.Throws<FormatException>(() => SemanticVersion.Parse(text!));
    }

    [Theory]
    [InlineData("", "The version is empty; write major.minor.patch, as in 1.2.3.")]
    [InlineData("1.2", "'1.2' is not a SemVer 2.0.0 version: write three numbers, major.minor.patch, as in 1.2.3.")]
    [InlineData("v1.2.3", "'v1.2.3' is not a SemVer 2.0.0 version: 'v1' is not a number.")]
    [InlineData("1.02.3", "'1.02.3' is not a SemVer 2.0.0 version: the number '02' has a leading zero.")]
    [InlineData("1.2.3-a..b", "'1.2.3-a..b' is not a SemVer 2.0.0 version: a prerelease identifier is empty.")]
    [InlineData("1.2.3-01", "'1.2.3-01' is not a SemVer 2.0.0 version: the prerelease number '01' has a leading zero.")]
    [InlineData("1.2.3+\u001b[2J", "'1.2.3+?[2J' is not a SemVer 2.0.0 version: the build identifier '?[2J' holds something other than letters, digits and hyphens.")]
    public void Parse_NoVersion_SaysWhatIsWrong(string text, string message)
        => Assert.Equal(message, Assert.Throws<FormatException>(() => SemanticVersion.Parse(text)).Message);

    [Fact]
    public void TryParse_LongestText_IsReadAndOneMoreIsRefused()
    {
        var longest = "1.2.3-" + new string('9', SemanticVersion.MaximumLength - 6);

        Assert.Equal(longest, SemanticVersion.Parse(longest).ToString());
        Assert.False(SemanticVersion.TryParse(longest + "9", out _));
        Assert.Contains("257", Assert.Throws<FormatException>(() => SemanticVersion.Parse(longest + "9")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CompareTo_AscendingList_EveryPairIsOrdered()
    {
        SemanticVersion[] ascending =
        [
            .. new[]
            {
                "0.0.0-0", "0.0.0", "0.9.10", "1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-99999999999999999999", "1.0.0-100000000000000000000",
                "1.0.0--", "1.0.0-1a", "1.0.0-A", "1.0.0-a", "1.0.0-a.0", "1.0.0-a.b", "1.0.0-a.b.c", "1.0.0-a-", "1.0.0-aa", "1.0.0-b",
                "1.0.0", "1.0.1-a", "1.0.1", "1.0.9", "1.0.10", "1.9.0", "1.10.0", "2.0.0", "10.0.0",
                "18446744073709551615.0.0", "18446744073709551616.0.0", "99999999999999999999999.0.0",
            }.Select(SemanticVersion.Parse),
        ];

        for (var left = 0; left < ascending.Length; left++)
        {
            for (var right = 0; right < ascending.Length; right++)
            {
                Assert.Equal(left.CompareTo(right), Math.Sign(ascending[left].CompareTo(ascending[right])));
                Assert.Equal(left == right, ascending[left].Equals(ascending[right]));
            }

            Assert.True(ascending[left].CompareTo(null) > 0);
        }
    }

    [Fact]
    public void Equals_OtherBuildMetadata_IsEqualWithTheSameHash()
    {
        var plain = SemanticVersion.Parse("1.2.3-rc.1");
        var built = SemanticVersion.Parse("1.2.3-rc.1+build.7");

        Assert.True(plain.Equals(built));
        Assert.True(plain.Equals((object)built));
        Assert.Equal(plain.GetHashCode(), built.GetHashCode());
        Assert.Equal(0, plain.CompareTo(built));
        Assert.False(plain.Equals(SemanticVersion.Parse("1.2.3")));
        Assert.False(plain.Equals((object)"1.2.3-rc.1"));
        Assert.False(plain.Equals(null));
    }
}
