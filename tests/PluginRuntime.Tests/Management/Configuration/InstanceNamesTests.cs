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

    [Theory]
    [InlineData("acme/orders", "acme")]
    [InlineData("a-1/Orders-db_2.x", "a-1")]
    [InlineData("orders", null)]
    public void Check_NameWithOrg_IsFineWhereOneMayBe(string name, string? org)
    {
        Assert.Null(InstanceNames.Check(name, mayHaveOrg: true));
        Assert.Equal(org is null, InstanceNames.Check(name, mayHaveOrg: false) is null);
        Assert.Equal(org, InstanceNames.OrgOf(name));
    }

    [Theory]
    [InlineData("/orders")]
    [InlineData("acme/")]
    [InlineData("Acme/orders")]
    [InlineData("../orders")]
    [InlineData("acme/b/orders")]
    [InlineData("acme/..")]
    [InlineData("acme/connect")]
    public void Check_NameWithWrongOrg_SaysSo(string name) => Assert.Equal("name.invalid", InstanceNames.Check(name, mayHaveOrg: true)?.Code);

    [Fact]
    public void Check_LongName_SixtyFourAreAccepted()
    {
        Assert.Null(InstanceNames.Check(new string('a', 64), mayHaveOrg: false));
        Assert.NotNull(InstanceNames.Check(new string('a', 65), mayHaveOrg: false));
    }
}
