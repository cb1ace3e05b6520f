using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Configuration;

public sealed class InstanceDefinitionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_Required_CountsFromAnAdministratorAlone(bool isTrusted)
    {
        var definition = InstanceDefinition.Read("orders", new StoredDefinition(1, """{"connector":"demo","required":true}"""u8.ToArray(), isTrusted));

        Assert.Empty(definition.Errors);
        Assert.Equal(isTrusted, definition.IsRequired);
    }
}
