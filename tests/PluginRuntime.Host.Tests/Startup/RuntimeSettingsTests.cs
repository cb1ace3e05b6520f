using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Startup;

public sealed class RuntimeSettingsTests
{
    [Fact]
    public void RuntimeConfig_OfTheHost_KeepsTheThreadsOfThePool()
    {
        using var config = JsonDocument.Parse(File.ReadAllText(Path.ChangeExtension(Repository.HostProgram, ".runtimeconfig.json")));

        var kept = config.RootElement.GetProperty("runtimeOptions").GetProperty("configProperties").GetProperty("System.Threading.ThreadPool.ThreadsToKeepAlive");

        Assert.Equal(-1, kept.GetInt32());
    }
}
