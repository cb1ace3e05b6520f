using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.Authorizations;

/// <summary>Hosts on one PostgreSQL: begun on one, completed on another, and used by all.</summary>
[Collection(PostgresShared.Name)]
public sealed class SharedAuthorizationTests(PostgresShared shared)
{
    private const string Path = "api/credentials/crm/authorize";

    [PostgresFact]
    public async Task Authorize_BegunOnOneHost_IsCompletedOnAnotherAndServesBoth()
    {
        await using var server = await AuthorizationServer.StartAsync();
        await using var cluster = await HostCluster.StartAsync(shared.Server, 2);
        var (one, two) = (cluster.Clients[0], cluster.Clients[1]);
        await (await one.PutAsync("api/credentials/crm", server.Credential())).JsonAsync();
        await (await one.PutAsync("api/instances/api", server.Instance("crm"))).JsonAsync();
        await cluster.EverywhereAsync(
            async client => (await (await AuthorizationTests.CallAsync(client)).Content.ReadAsStringAsync()).Contains("is not authorized yet", StringComparison.Ordinal), "It is authorized?");

        var body = await AgreedAsync(one);
        var answers = await Task.WhenAll(two.PostAsync(Path + "/complete", body), one.PostAsync(Path + "/complete", body));
        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        await answers.Single(answer => !answer.IsSuccessStatusCode).ProblemAsync(HttpStatusCode.NotFound, "authorization.unknown");
        await cluster.EverywhereAsync(async client => (await AuthorizationTests.CallAsync(client)).IsSuccessStatusCode, "It is not used everywhere.");

        // Anew, under callers of both: the server ends the tokens of the one before in the same moment.
        using var stop = new CancellationTokenSource();
        var (made, failures) = (new int[8], new System.Collections.Concurrent.ConcurrentQueue<string>());
        var calling = Enumerable.Range(0, made.Length).Select(caller => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var answer = await AuthorizationTests.CallAsync(cluster.Clients[caller % 2]);
                if (!answer.IsSuccessStatusCode)
                {
                    failures.Enqueue(await answer.Content.ReadAsStringAsync());
                }

                Interlocked.Increment(ref made[caller]);
            }
        })).ToList();
        for (var round = 0; round < 3; round++)
        {
            var before = made.ToArray();
            await (await cluster.Clients[round % 2].PostAsync(Path + "/complete", await AgreedAsync(cluster.Clients[(round + 1) % 2]))).JsonAsync();
            await Poll.UntilAsync(() => made.Zip(before).All(pair => pair.First >= pair.Second + 10), () => "Callers do not go on.");

            // A host asks for a token in the place of a refused one once a second at most: until then calls would fail, as they should.
            await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System);
        }

        await stop.CancelAsync();
        await Task.WhenAll(calling);
        Assert.Empty(failures);
        Assert.Equal((4, 0), (server.Exchanges, server.Refreshed));
        var shown = await Task.WhenAll(cluster.Clients.Select(client => client.GetJsonAsync("api/credentials/crm")));
        Assert.Single(shown.Select(credential => credential.GetProperty("authorized").GetRawText()).Distinct());
        Assert.All(shown, credential => Assert.Equal(JsonValueKind.Object, credential.GetProperty("authorized").ValueKind));
    }

    [PostgresFact]
    public async Task Complete_CredentialWasChangedOnAnotherHost_IsRefused()
    {
        await using var server = await AuthorizationServer.StartAsync();
        await using var cluster = await HostCluster.StartAsync(shared.Server, 2);
        await (await cluster.Clients[0].PutAsync("api/credentials/crm", server.Credential())).JsonAsync();
        var body = await AgreedAsync(cluster.Clients[0]);
        await (await cluster.Clients[1].PutAsync("api/credentials/crm", server.Credential().Replace("\"a\"", "\"z\"", StringComparison.Ordinal))).JsonAsync();

        await (await cluster.Clients[0].PostAsync(Path + "/complete", body)).ProblemAsync(HttpStatusCode.NotFound, "authorization.unknown");
        Assert.Equal(0, server.Exchanges);
    }

    private static async Task<string> AgreedAsync(HttpClient client)
    {
        var begun = await (await client.PostAsync(Path, """{"redirectUri":"http://[::1]:1/callback"}""")).JsonAsync();
        return AuthorizationServer.BodyOf(await AuthorizationServer.AgreeAsync(begun.GetProperty("authorizationUrl").GetString()!));
    }
}
