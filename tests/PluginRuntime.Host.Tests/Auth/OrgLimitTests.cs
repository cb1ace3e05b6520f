using System.Net;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.Auth;

/// <summary>How much orgs may have and send, over REST.</summary>
[Collection(PostgresShared.Name)]
public sealed class OrgLimitTests(PostgresShared shared)
{
    private const string Instance = """{"connector":"demo","pool":{"size":4}}""";
    private const string Credential = """{"type":"bearer","token":"t","connectors":["http"],"hosts":["a.example"]}""";

    private static readonly KeyValuePair<string, string>[] _settings =
    [
        new("PluginRuntime__Limits__Org__Instances", "2"), new("PluginRuntime__Limits__Org__Credentials", "1"), new("PluginRuntime__Limits__Org__Keys", "2"),
        new("PluginRuntime__Limits__Org__Concurrency", "2"),
    ];

    [Fact]
    public async Task Quotas_AreThoseOfTheSettingsUntilAHostAdminGivesOthers()
    {
        using var directory = new HostDirectory();
        using var program = await HostProgram.StartAsync(directory, _settings);
        using var admin = program.Client(directory);
        await (await admin.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        using var acme = program.With((await admin.KeyAsync("acme", "org-admin")).Text);
        await (await acme.PutAsync("api/instances/a", Instance)).JsonAsync();
        await (await acme.PutAsync("api/instances/b", Instance)).JsonAsync();
        await (await acme.PutAsync("api/credentials/a", Credential)).JsonAsync();
        await acme.KeyAsync("acme", "read");

        var problem = await (await acme.PutAsync("api/instances/c", Instance)).ProblemAsync(HttpStatusCode.Forbidden, "quota.exceeded");
        Assert.Equal(
            "The org 'acme' has 2 instances, and may have 2. A key with the scope host-admin can raise that: PUT /api/orgs/acme/limits.", problem.GetProperty("detail").GetString());
        await (await acme.PutAsync("api/credentials/c", Credential)).ProblemAsync(HttpStatusCode.Forbidden, "quota.exceeded");
        await (await acme.MakeKeyAsync("acme", "read")).ProblemAsync(HttpStatusCode.Forbidden, "quota.exceeded");
        await (await acme.PutAsync("api/orgs/acme/limits", "{}")).ProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
        await (await acme.PutAsync("api/instances/a", """{"connector":"demo","pool":{"size":5}}""")).JsonAsync();

        var limited = await (await admin.PutAsync("api/orgs/acme/limits", """{"instances":3,"credentials":0,"keys":null}""")).JsonAsync();
        Assert.Equal("""{"instances":3,"credentials":0,"keys":2,"connectors":200,"rate":10000,"concurrency":2}""", limited.GetProperty("limits").GetRawText());
        Assert.Equal("""{"instances":3,"credentials":0,"keys":null,"connectors":null,"rate":null,"concurrency":null}""", limited.GetProperty("given").GetRawText());
        Assert.Equal("""{"instances":2,"credentials":1,"keys":2,"connectors":0}""", limited.GetProperty("use").GetRawText());
        Assert.Equal(limited.GetRawText(), (await admin.GetJsonAsync("api/orgs/acme")).GetRawText());
        await (await acme.PutAsync("api/instances/c", Instance)).JsonAsync();
        await (await acme.PutAsync("api/instances/d", Instance)).ProblemAsync(HttpStatusCode.Forbidden, "quota.exceeded");
        await (await acme.PutAsync("api/credentials/c", Credential)).JsonAsync();

        // The host's own org has none, unless it was given some.
        Assert.Equal("""{"instances":0,"credentials":0,"keys":0,"connectors":0,"rate":0,"concurrency":0}""", (await admin.GetJsonAsync("api/orgs/default")).GetProperty("limits").GetRawText());
        await (await admin.PutAsync("api/orgs/default/limits", """{"instances":1}""")).JsonAsync();
        await (await admin.PutAsync("api/instances/second", Instance)).ProblemAsync(HttpStatusCode.Forbidden, "quota.exceeded");

        var wrong = await (await admin.PutAsync("api/orgs/acme/limits", """{"instances":-1,"keys":"1","rate":1.5,"connectors":1000001,"instance":1}""")).ProblemAsync(HttpStatusCode.BadRequest, "org.invalid");
        Assert.Equal(["/connectors", "/instance", "/instances", "/keys", "/rate"], wrong.Pointers());
        await (await admin.PutAsync("api/orgs/acme/limits", "[]")).ProblemAsync(HttpStatusCode.BadRequest, "org.invalid");
        await (await admin.PutAsync("api/orgs/nobody/limits", "{}")).ProblemAsync(HttpStatusCode.NotFound, "org.unknown");
    }

    [Fact]
    public async Task Calls_BeyondTheOrgsLimits_AreAskedToWait()
    {
        using var directory = new HostDirectory();
        using var program = await HostProgram.StartAsync(directory, _settings);
        using var admin = program.Client(directory);
        await (await admin.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        using var acme = program.With((await admin.KeyAsync("acme", "org-admin")).Text);
        await acme.ConnectAsync("a", """{"connector":"demo","pool":{"size":4},"timeout":"2m","attemptTimeout":"2m"}""");
        Task<HttpResponseMessage>?[] slow = [null, null];

        // Of the slow ones one may come while another call is under way, and be refused itself.
        HttpResponseMessage refused = null!;
        await Poll.UntilAsync(
            async () =>
            {
                slow = Array.ConvertAll(slow, call => call is { IsCompleted: false } ? call : acme.PostAsync("api/instances/a/actions/slow", """{"milliseconds":60000}"""));
                return (refused = await acme.PostAsync("api/instances/a/actions/echo", "{}")).StatusCode == HttpStatusCode.TooManyRequests;
            },
            () => "It is not limited.");
        await refused.ProblemAsync(HttpStatusCode.TooManyRequests, "limit.rate");
        Assert.True(refused.Headers.RetryAfter?.Delta > TimeSpan.Zero);
        await (await acme.PostAsync("api/batch", """{"items":[{"instance":"a","action":"echo"}]}""")).ProblemAsync(HttpStatusCode.TooManyRequests, "limit.rate");

        // What is no call goes on, and so do other orgs.
        await acme.GetJsonAsync("api/instances/a");
        await admin.ConnectedAsync("demo");
        await (await admin.PostAsync("api/instances/demo/actions/echo", "{}")).JsonAsync();

        await (await admin.PutAsync("api/orgs/acme/limits", """{"concurrency":0,"rate":1}""")).JsonAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => acme.PostAsync("api/instances/a/actions/echo", "{}")));
        Assert.Contains(answers, answer => answer.IsSuccessStatusCode);
        var late = answers.First(answer => !answer.IsSuccessStatusCode);
        await late.ProblemAsync(HttpStatusCode.TooManyRequests, "limit.rate");
        Assert.True(late.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    [PostgresFact]
    public async Task Quotas_TwoHostsAtOnce_NeverExceedTheLimit()
    {
        await using var cluster = await HostCluster.StartAsync(shared.Server, 2);
        var (one, two) = (cluster.Clients[0], cluster.Clients[1]);
        await (await one.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        await (await one.PutAsync("api/orgs/acme/limits", """{"instances":5,"credentials":5,"keys":5,"concurrency":1}""")).JsonAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).SelectMany(i => new[]
        {
            (i % 2 == 0 ? one : two).PutAsync($"api/instances/i{i}", Instance, "acme"), (i % 2 == 0 ? one : two).PutAsync($"api/credentials/c{i}", Credential, "acme"),
            (i % 2 == 0 ? one : two).MakeKeyAsync("acme", "read"),
        }));

        Assert.Equal(15, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        foreach (var refused in answers.Where(answer => answer.StatusCode != HttpStatusCode.Created))
        {
            await refused.ProblemAsync(HttpStatusCode.Forbidden, "quota.exceeded");
        }

        Assert.Equal("""{"instances":5,"credentials":5,"keys":5,"connectors":0}""", (await two.GetJsonAsync("api/orgs/acme")).GetProperty("use").GetRawText());
    }
}

/// <summary>What the host's administrator does in an org.</summary>
internal static class InOrg
{
    public static Task<HttpResponseMessage> PutAsync(this HttpClient admin, string path, string json, string org) =>
        admin.SendAsync(HttpMethod.Put, path, Http.Json(json), ("Connector-Org", org));
}
