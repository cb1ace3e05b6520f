using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Configuration;

public sealed class InstanceNamesTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("Orders-db_2.x")]
    [InlineData("0")]
    public void Check_GoodName_IsFine(string name) => Assert.Null(InstanceNames.Check(name, mayHaveOrg: false));

    [Theory]
    [InlineData("")]
    [InlineData(".a")]
    [InlineData("-a")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("ä")]
    [InlineData("Connect")]
    [InlineData("register")]
    public void Check_BadName_SaysSo(string name) => Assert.Equal("name.invalid", InstanceNames.Check(name, mayHaveOrg: false)?.Code);

    [Fact]
    public void Check_LongName_SixtyFourAreAccepted()
    {
        Assert.Null(InstanceNames.Check(new string('a', 64), mayHaveOrg: false));
        Assert.NotNull(InstanceNames.Check(new string('a', 65), mayHaveOrg: false));
    }
}
