using PluginRuntime.Loading;

namespace PluginRuntime.Tests.Loading;

public sealed class PoolThreadsTests
{
    [Fact]
    public void Stay_InAProgramThatImportsThePropertiesOfThePackage_IsTrue() => Assert.True(PoolThreads.Stay);

    [Theory]
    [InlineData("-1", null, true)]
    [InlineData(-1, null, true)]
    [InlineData("0", "-1", true)]
    [InlineData("-1", "0", false)]
    [InlineData("64", null, false)]
    [InlineData(null, null, false)]
    public void AreKept_SettingAndVariable_TheVariableComesFirst(object? setting, string? variable, bool expected) =>
        Assert.Equal(expected, PoolThreads.AreKept(setting, variable));
}
