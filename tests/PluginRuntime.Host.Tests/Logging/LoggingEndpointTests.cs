using System.Net;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Logging;

[Collection(RunningHost.Name)]
public sealed class LoggingEndpointTests(RunningHost host)
{
    [Fact]
    public async Task Put_ChangesWhatIsLogged_DeleteEndsIt()
    {
        var set = await (await host.Client.PutAsync("api/logging/Microsoft.AspNetCore.Hosting", """{"level":"information","for":"5m"}""")).JsonAsync();
        Assert.Equal(("Microsoft.AspNetCore.Hosting", "Information"), (set.GetProperty("category").GetString(), set.GetProperty("level").GetString()));

        var shown = await host.Client.GetJsonAsync("api/logging");
        Assert.Equal("Information", shown.GetProperty("levels").GetProperty("Microsoft.AspNetCore.Hosting").GetString());
        Assert.Equal("Information", shown.GetProperty("levels").GetProperty("Default").GetString());
        Assert.Contains(shown.GetProperty("overrides").EnumerateArray(), one => one.GetProperty("category").GetString() == "Microsoft.AspNetCore.Hosting");

        await Poll.UntilAsync(() => host.Program.Output.Contains("Request starting", StringComparison.Ordinal), () => "Requests are not logged.");

        await (await host.Client.SendAsync(HttpMethod.Delete, "api/logging/Microsoft.AspNetCore.Hosting")).JsonAsync();
        Assert.False((await host.Client.GetJsonAsync("api/logging")).GetProperty("levels").TryGetProperty("Microsoft.AspNetCore.Hosting", out _));
        await (await host.Client.SendAsync(HttpMethod.Delete, "api/logging/Microsoft.AspNetCore.Hosting")).ProblemAsync(HttpStatusCode.NotFound, "logging.unknown");
    }

    [Theory]
    [InlineData("A", """{"level":"Loud"}""", "/level")]
    [InlineData("A", """{"level":1}""", "/level")]
    [InlineData("A", """{"for":"1m"}""", "/level")]
    [InlineData("A", """{"level":"Debug","for":"25h"}""", "/for")]
    [InlineData("A", """{"level":"Debug","for":"0s"}""", "/for")]
    [InlineData("A", """{"level":"Loud","for":7,"x/y":1}""", "/for", "/level", "/x~1y")]
    [InlineData("A", "[]", "")]
    [InlineData("A:B", """{"level":"Debug"}""", "")]
    [InlineData("A*", """{"level":"Debug"}""", "")]
    public async Task Put_Wrong_IsRefusedWithEveryPointer(string category, string body, params string[] pointers)
    {
        var problem = await (await host.Client.PutAsync($"api/logging/{category}", body)).ProblemAsync(HttpStatusCode.BadRequest, "logging.invalid");

        Assert.Equal(pointers, problem.Pointers());
    }
}
