using System.Net;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Auth;

public sealed class KeyLimitTests
{
    private static readonly Uri _key = new("api/key", UriKind.Relative);

    [Fact]
    public async Task Concurrency_OfOneKey_IsLimited()
    {
        using var directory = new HostDirectory();
        using var program = await HostProgram.StartAsync(directory, [new("PluginRuntime__Limits__Key__Concurrency", "1")]);
        using var admin = program.Client(directory);
        using var reader = program.With((await admin.KeyAsync("default", "read")).Text);
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/events");
        var stream = await reader.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        var refused = await reader.GetAsync(_key);

        await refused.ProblemAsync(HttpStatusCode.TooManyRequests, "limit.rate");
        Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync(_key)).StatusCode);
        using var open = new HttpClient { BaseAddress = program.Url };
        Assert.Equal(HttpStatusCode.OK, (await open.GetAsync(new Uri("health/live", UriKind.Relative))).StatusCode);

        stream.Dispose();
        await Poll.UntilAsync(async () => (await reader.GetAsync(_key)).StatusCode == HttpStatusCode.OK, () => "Its permit does not come back.");
    }

    [Fact]
    public async Task Rate_OfOneKey_IsLimited()
    {
        using var directory = new HostDirectory();
        using var program = await HostProgram.StartAsync(directory, [new("PluginRuntime__Limits__Key__Rate", "2")]);
        using var admin = program.Client(directory);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => admin.GetAsync(_key)));

        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        var refused = answers.First(answer => answer.StatusCode != HttpStatusCode.OK);
        var problem = await refused.ProblemAsync(HttpStatusCode.TooManyRequests, "limit.rate");
        Assert.True(problem.GetProperty("retryable").GetBoolean());
        Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }
}
