using System.CommandLine;
using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Cli;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Events;

[Collection(RunningHost.Name)]
public sealed class CallFeedEndpointTests(RunningHost host)
{
    private const string Path = "api/calls";

    [Fact]
    public async Task Stream_TellsHowCallsEnded_NotWhatWasInThem()
    {
        await host.Client.ConnectAsync("watched", """{"connector":"demo"}""");
        await using var reader = await EventReader.OpenAsync(host.Client, Path + "?instance=watched");

        await (await host.Client.PostAsync("api/instances/watched/actions/echo", """{"word":"what-was-sent"}""")).JsonAsync();
        await host.Client.PostAsync("api/instances/fixed/actions/time");
        await (await host.Client.PostAsync("api/instances/watched/actions/none", "{}")).ProblemAsync(HttpStatusCode.NotFound, "action.unknown");

        var (_, type, good) = (await reader.NextAsync())!.Value;
        Assert.Equal("call", type);
        Assert.Equal(["time", "instance", "connector", "version", "action", "milliseconds", "attempts", "code", "detail"], good.EnumerateObject().Select(property => property.Name));
        Assert.Equal("watched demo 1.0.0 echo 1  ", string.Join(' ', ((string[])["instance", "connector", "version", "action", "attempts", "code", "detail"]).Select(name => $"{good.GetProperty(name)}")));
        Assert.True(good.GetProperty("milliseconds").GetDouble() > 0);
        Assert.DoesNotContain("what-was-sent", good.GetRawText(), StringComparison.Ordinal);
        var bad = (await reader.NextAsync())!.Value.Data;
        Assert.Equal(("none", "action.unknown", 0), (bad.GetProperty("action").GetString(), bad.GetProperty("code").GetString(), bad.GetProperty("attempts").GetInt32()));
        Assert.Contains("'watched'", bad.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_OfAnOrg_HasItsOwnCallsAlone()
    {
        await (await host.Client.PostAsync("api/orgs", """{"name":"listeners"}""")).JsonAsync();
        using var own = host.Program.With((await host.Client.KeyAsync("listeners", "read", "manage", "invoke")).Text);
        await own.ConnectAsync("fixed", """{"connector":"demo"}""");
        await using var ofOrg = await EventReader.OpenAsync(own, Path);
        await using var ofOrgByName = await EventReader.OpenAsync(own, Path + "?instance=fixed");
        await using var foreign = await EventReader.OpenAsync(own, Path + "?instance=default%2Ffixed");
        await using var ofDefault = await EventReader.OpenAsync(host.Client, Path + "?instance=fixed");
        await using var sneaking = await EventReader.OpenAsync(host.Client, Path + "?instance=listeners%2Ffixed");

        await (await host.Client.PostAsync("api/instances/fixed/actions/echo", """{"of":"default"}""")).JsonAsync();
        await (await own.PostAsync("api/instances/fixed/actions/time", "{}")).JsonAsync();

        foreach (var reader in (EventReader[])[ofOrg, ofOrgByName])
        {
            var call = (await reader.NextAsync())!.Value.Data;
            Assert.Equal(("fixed", "time"), (call.GetProperty("instance").GetString(), call.GetProperty("action").GetString()));
        }

        Assert.Equal("echo", (await ofDefault.NextAsync())!.Value.Data.GetProperty("action").GetString());
        await (await own.SendAsync(HttpMethod.Delete, "api/instances/fixed")).JsonAsync();
    }

    [Fact]
    public async Task Revoke_Key_EndsItsStream()
    {
        await host.Client.ConnectAsync("overheard", """{"connector":"demo"}""");
        var (id, text) = await host.Client.KeyAsync("default", "read");
        using var client = host.Program.With(text);
        await using var reader = await EventReader.OpenAsync(client, Path + "?instance=overheard");

        await (await host.Client.SendAsync(HttpMethod.Delete, $"api/orgs/default/keys/{id}")).JsonAsync();
        await (await client.GetAsync(new Uri("api/key", UriKind.Relative))).ProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid");
        await (await host.Client.PostAsync("api/instances/overheard/actions/time", "{}")).JsonAsync();

        Assert.Null(await reader.NextAsync());
    }

    [Fact]
    public async Task Get_Wrong_IsRefused()
    {
        await (await host.Client.SendAsync(HttpMethod.Get, Path + "?after=1")).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
        using var caller = host.Program.With((await host.Client.KeyAsync("default", "invoke")).Text);
        await (await caller.SendAsync(HttpMethod.Get, Path)).ProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
    }

    [Fact]
    public async Task Tool_PrintsThem()
    {
        await host.Client.ConnectAsync("printed", """{"connector":"demo"}""");
        using var end = new CancellationTokenSource();
        using var plain = new SharedText();
        using var json = new SharedText();
        string[] arguments = ["calls", "--instance", "printed", "--url", host.Program.Url!.ToString(), "--key", host.Key];
        var runs = new[] { Run(plain, arguments), Run(json, [.. arguments, "--json"]) };
        await Poll.UntilAsync(
            async () =>
            {
                await (await host.Client.PostAsync("api/instances/printed/actions/time", "{}")).JsonAsync();
                return $"{plain}".Contains('\n', StringComparison.Ordinal) && $"{json}".Contains('\n', StringComparison.Ordinal);
            },
            () => $"Nothing is printed: {plain}");

        await end.CancelAsync();

        Assert.All(await Task.WhenAll(runs), code => Assert.Equal(0, code));
        Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ  printed           time [\d.]+ ms ok\r?\n", $"{plain}");
        Assert.Equal("time", JsonElement.Parse($"{json}".Split('\n')[0]).GetProperty("action").GetString());

        Task<int> Run(TextWriter output, string[] line) =>
            PluginRuntime.Cli.Program.RunAsync(line, TextReader.Null, new InvocationConfiguration { Output = output, Error = output }, end.Token);
    }
}
