using System.Net;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Startup;

public sealed class RestartTests
{
    [Fact]
    public async Task Kill_KeepsWhatWasAnswered()
    {
        using var directory = new HostDirectory();
        using (var host = await HostProgram.StartAsync(directory))
        {
            using var client = host.Client(directory);
            await (await client.SendAsync(HttpMethod.Delete, "api/instances/demo")).JsonAsync();
            await (await client.PutAsync("api/instances/kept", """{"connector":"demo","pool":{"size":1}}""")).JsonAsync();
            host.Kill();
            await host.EndAsync();
        }

        var key = await File.ReadAllTextAsync(directory.KeyFile);
        using (var host = await HostProgram.StartAsync(directory))
        {
            using var client = host.Client(directory);
            await client.ConnectedAsync("kept");
            await (await client.SendAsync(HttpMethod.Get, "api/instances/demo")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
            Assert.Equal(key, await File.ReadAllTextAsync(directory.KeyFile));
        }
    }

    [Fact]
    public async Task Start_FreshData_HasADemoUnlessWithoutBuiltIns()
    {
        using var fresh = new HostDirectory();
        using var host = await HostProgram.StartAsync(fresh);
        using var client = host.Client(fresh);
        await client.ConnectedAsync("demo");

        using var bare = new HostDirectory();
        using var without = await HostProgram.StartAsync(bare, null, "--no-built-ins");
        using var other = without.Client(bare);
        Assert.Empty((await other.GetJsonAsync("api/instances")).GetProperty("items").EnumerateArray());
        Assert.Empty((await other.GetJsonAsync("api/connectors")).GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Terminate_CallsUnderWay_EndWell()
    {
        using var directory = new HostDirectory();
        using var host = await HostProgram.StartAsync(directory, new Dictionary<string, string> { ["PluginRuntime__ShutdownDelay"] = "500ms" });
        using var client = host.Client(directory);
        await client.ConnectedAsync("demo");
        var slow = client.PostAsync("api/instances/demo/actions/slow", """{"milliseconds":3000}""");
        await Poll.UntilAsync(
            async () => (await client.GetJsonAsync("api/instances/demo")).GetProperty("status").GetProperty("pool").GetProperty("inUse").GetInt32() == 1,
            () => "The call has not begun.");

        host.Terminate();
        await Poll.UntilAsync(
            async () => (await client.SendAsync(HttpMethod.Get, "health/ready")).StatusCode == HttpStatusCode.ServiceUnavailable, () => "It is still ready.");

        Assert.True((await (await slow).JsonAsync()).GetProperty("milliseconds").GetInt32() >= 2900);
        Assert.Equal(0, await host.EndAsync());
        Assert.Equal("", host.Error);
        Assert.Contains("Stopped", host.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Terminate_Twice_EndsAtOnce()
    {
        using var directory = new HostDirectory();
        using var host = await HostProgram.StartAsync(directory, new Dictionary<string, string> { ["PluginRuntime__ShutdownDelay"] = "1h" });

        host.Terminate();
        await Poll.UntilAsync(() => host.Output.Contains("Stopping", StringComparison.Ordinal), () => "It does not stop.");
        host.Terminate();

        Assert.NotEqual(0, await host.EndAsync());
    }
}
