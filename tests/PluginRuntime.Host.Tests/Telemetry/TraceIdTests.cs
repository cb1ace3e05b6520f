using System.Net;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Telemetry;

[Collection(RunningHost.Name)]
public sealed class TraceIdTests(RunningHost host)
{
    [Theory]
    [InlineData("api/instances/nobody", "instance.unknown")]
    [InlineData("api/nothing", "route.unknown")]
    public async Task Problem_HasTheTraceIdOfItsRequest(string path, string code)
    {
        const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

        var answer = await host.Client.SendAsync(HttpMethod.Get, path, null, ("traceparent", $"00-{TraceId}-00f067aa0ba902b7-00"));

        var problem = await answer.ProblemAsync(HttpStatusCode.NotFound, code);
        Assert.Equal(TraceId, problem.GetProperty("traceId").GetString());
    }

    [Fact]
    public async Task Problem_WithoutATrace_HasOneOfItsOwn()
    {
        var first = await (await host.Client.SendAsync(HttpMethod.Get, "api/nothing")).ProblemAsync(HttpStatusCode.NotFound, "route.unknown");
        var second = await (await host.Client.SendAsync(HttpMethod.Get, "api/nothing")).ProblemAsync(HttpStatusCode.NotFound, "route.unknown");

        var ids = new[] { first, second }.Select(problem => problem.GetProperty("traceId").GetString()!).ToList();
        Assert.All(ids, id => Assert.Matches("^[0-9a-f]{32}$", id));
        Assert.NotEqual(ids[0], ids[1]);
    }
}
