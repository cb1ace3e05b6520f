using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Startup;

public sealed class EnvironmentInstanceTests
{
    private const string Secret = "open-sesame";

    [Fact]
    public async Task Start_InstancesOfTheEnvironment_KeysInAnyCaseCount()
    {
        using var directory = new HostDirectory().WithDrop();
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, directory.Drop, "stubborn");
        using var host = await HostProgram.StartAsync(
            directory,
            new Dictionary<string, string>
            {
                ["PluginRuntime__Instances__orders__Connector"] = "sqlite",
                ["PLUGINRUNTIME__INSTANCES__orders__SETTINGS__DATASOURCE"] = "orders.db",
                ["PluginRuntime__Instances__orders__Pool__Size"] = "2",
                ["PluginRuntime__Instances__orders__HEALTH__FAILURETHRESHOLD"] = "5",
                ["PluginRuntime__Instances__secretive__CONNECTOR"] = "stubborn",
                ["PluginRuntime__Instances__secretive__SETTINGS__PASSWORD"] = "${env:OTHER_SECRET}",
                ["PluginRuntime__Instances__secretive__CREDENTIALS__TYPE"] = "bearer",
                ["PluginRuntime__Instances__secretive__CREDENTIALS__TOKEN"] = Secret,
                ["OTHER_SECRET"] = Secret,
            });
        using var client = host.Client(directory);
        await client.ConnectedAsync("orders");
        await client.ConnectedAsync("secretive");

        var orders = await client.GetJsonAsync("api/instances/orders");
        Assert.Equal(2, orders.GetProperty("status").GetProperty("pool").GetProperty("size").GetInt32());
        await (await client.PostAsync("api/instances/orders/actions/execute", """{"sql":"CREATE TABLE t (a)"}""")).JsonAsync();
        Assert.True(File.Exists(Path.Combine(directory.Data, "sqlite", "orders.db")));

        var shown = await (await client.PostAsync("api/instances/secretive/actions/show", "{}")).JsonAsync();
        Assert.Equal((Secret, "Bearer " + Secret), (shown.GetProperty("password").GetString(), shown.GetProperty("value").GetString()));
        var config = (await client.GetJsonAsync("api/instances/secretive")).GetProperty("config");
        Assert.DoesNotContain(Secret, config.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("set", config.GetProperty("credentials").GetProperty("token").GetProperty("$secret").GetString());
    }

    [Fact]
    public async Task Start_KeyThatNobodyKnows_IsToldAsItIsWritten()
    {
        using var directory = new HostDirectory();

        var (exitCode, _, error) = await HostProgram.FailAsync(
            directory,
            new Dictionary<string, string> { ["PluginRuntime__Instances__x__Connector"] = "demo", ["PluginRuntime__Instances__x__PoolSice"] = "2" });

        Assert.Equal(2, exitCode);
        Assert.Contains("PluginRuntime:Instances:x/PoolSice", error, StringComparison.Ordinal);
    }
}
