using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Host.Tests.Secrets;

namespace PluginRuntime.Host.Tests.Authorizations;

public sealed class AuthorizationTests : IAsyncLifetime
{
    private const string Callback = "http://127.0.0.1:1/callback";
    private const string Path = "api/credentials/crm/authorize";

    private static readonly TimeSpan _betweenTokens = TimeSpan.FromSeconds(1.5);

    private readonly HostDirectory _directory = new();
    private readonly Evidence _evidence = new();
    private AuthorizationServer _server = null!;
    private HostProgram _program = null!;
    private HttpClient _admin = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _server = await AuthorizationServer.StartAsync();
        await StartAsync();
        using var client = _program.With((await _admin.KeyAsync("default", "read", "invoke", "manage")).Text);
        _client = _evidence.Client(client);
    }

    public async Task DisposeAsync()
    {
        _evidence.Add("log", _program.Output + _program.Error);
        _client.Dispose();
        _admin.Dispose();
        _program.Dispose();
        _evidence.AddFiles("data", _directory.Data);
        await _server.DisposeAsync();
        _directory.Dispose();

        // What the client sends it knows; of what is answered, logged and stored nothing is secret.
        Assert.Empty(_server.Secrets.SelectMany(secret => _evidence.Find(Canary.Known(secret, "confidential client"))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Authorize_ThenCalls_GoOnAfterRefreshesAndARestart(bool isPublic)
    {
        _server.Lifetime = 2;
        await PutAsync(isPublic);
        var failure = await (await CallAsync()).ProblemAsync(HttpStatusCode.BadGateway, "connector.auth");
        Assert.Equal(
            "The credential 'crm' is not authorized yet. Run: connector credential authorize crm.", failure.GetProperty("detail").GetString());
        Assert.Equal(JsonValueKind.Null, (await ShownAsync()).ValueKind);

        var done = await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).JsonAsync();

        Assert.Equal("crm", done.GetProperty("name").GetString());
        Assert.Equal(["a", "b"], done.GetProperty("authorized").GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString()));
        Assert.Equal(JsonValueKind.Null, done.GetProperty("authorized").GetProperty("expiresAt").ValueKind);
        await (await CallAsync()).JsonAsync();
        await Poll.UntilAsync(async () => (await CallAsync()).IsSuccessStatusCode && _server.Refreshed >= 2, () => $"It is not refreshed: {_server.Refreshed}.");
        var shown = await ShownAsync();
        Assert.Equal(done.GetProperty("authorized").GetRawText(), shown.GetRawText());

        // A host that is killed between the server's answer and its own write has lost what it was granted. So none is under way: the last
        // token stays good, and a call came with it.
        _server.Lifetime = 3600;
        await Poll.UntilAsync(
            async () => (await CallAsync()).IsSuccessStatusCode && _server.LastTokenSeen is 3600, () => "It is not refreshed once more.");
        await RestartAsync();
        await _client.ConnectedAsync("api");
        _server.EndAccessTokens();
        await (await CallAsync()).JsonAsync();
        Assert.Equal((1, shown.GetRawText()), (_server.Exchanges, (await ShownAsync()).GetRawText()));
    }

    [Fact]
    public async Task Authorize_WithoutRefreshTokens_EndsWithTheTokenAndSurvivesARestart()
    {
        (_server.Refreshes, _server.Scope) = (false, "a");
        await PutAsync(isPublic: false);
        await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).JsonAsync();
        await RestartAsync();
        await _client.ConnectedAsync("api");
        await (await CallAsync()).JsonAsync();
        var shown = await ShownAsync();
        Assert.Equal(JsonValueKind.String, shown.GetProperty("expiresAt").ValueKind);
        Assert.Equal(["a"], shown.GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString()));

        _server.Lifetime = 1;
        await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).JsonAsync();
        await Poll.UntilAsync(async () => (await ShownAsync()).ValueKind == JsonValueKind.Null, () => "It does not end.");

        var failure = await (await CallAsync()).ProblemAsync(HttpStatusCode.BadGateway, "connector.auth");
        Assert.Contains("'crm' has to be authorized again", failure.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Authorize_AgainUnderCallers_LosesNoCall()
    {
        await PutAsync(isPublic: false);
        await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).JsonAsync();
        await (await CallAsync()).JsonAsync();
        var generation = (await _client.GetJsonAsync("api/instances/api")).GetProperty("status").GetProperty("generation").GetProperty("number").GetRawText();
        using var stop = new CancellationTokenSource();
        var (made, failures) = (new int[8], new System.Collections.Concurrent.ConcurrentQueue<string>());
        var calling = Enumerable.Range(0, made.Length).Select(caller => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var answer = await CallAsync();
                if (!answer.IsSuccessStatusCode)
                {
                    failures.Enqueue(await answer.Content.ReadAsStringAsync());
                }

                Interlocked.Increment(ref made[caller]);
            }
        })).ToList();

        // No call meets two of them: it may try anew once, and where new tokens are refused one a second is asked for. The server ends all tokens of the one before in the same moment.
        for (var round = 0; round < 3; round++)
        {
            await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).JsonAsync();
            var (before, began) = (made.ToArray(), TimeProvider.System.GetTimestamp());
            await Poll.UntilAsync(() => Enumerable.Range(0, made.Length).All(caller => Volatile.Read(ref made[caller]) >= before[caller] + 2)
                && TimeProvider.System.GetElapsedTime(began) > _betweenTokens, () => "Callers do not go on.");
        }

        await stop.CancelAsync();
        await Task.WhenAll(calling);
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
        Assert.Equal((4, 0), (_server.Exchanges, _server.Refreshed));
        Assert.Equal(generation, (await _client.GetJsonAsync("api/instances/api")).GetProperty("status").GetProperty("generation").GetProperty("number").GetRawText());
    }

    [Fact]
    public async Task Refresh_RefusedForGood_SaysSoUntilItIsAuthorizedAgain()
    {
        _server.Lifetime = 1;
        await PutAsync(isPublic: false);
        await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).JsonAsync();
        await (await CallAsync()).JsonAsync();
        _server.Revoke();

        HttpResponseMessage answer = null!;
        await Poll.UntilAsync(async () => !(answer = await CallAsync()).IsSuccessStatusCode && (await ShownAsync()).ValueKind == JsonValueKind.Null, () => "It is not refused.");
        var failure = await (await CallAsync()).ProblemAsync(HttpStatusCode.BadGateway, "connector.auth");
        Assert.Equal(
            "The credential 'crm' has to be authorized again: the token server refuses what it granted (invalid_grant). Run: connector credential authorize crm.",
            failure.GetProperty("detail").GetString());
        await Poll.UntilAsync(
            async () => (await EventsAsync()).Any(happened => happened.Contains("has to be authorized again", StringComparison.Ordinal)), () => "No event tells.");

        _server.Lifetime = 3600;
        await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).JsonAsync();
        await (await CallAsync()).JsonAsync();
        Assert.Equal(JsonValueKind.Object, (await ShownAsync()).ValueKind);
        await Poll.UntilAsync(async () => (await EventsAsync()).Any(happened => happened.Contains("is refreshed again", StringComparison.Ordinal)), () => "No event tells.");
    }

    [Fact]
    public async Task Complete_ByWhoDidNotBeginIt_IsRefusedWithoutADifference()
    {
        await PutAsync(isPublic: false);
        await (await _admin.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        using var colleague = _program.With((await _admin.KeyAsync("default", "manage")).Text);
        using var stranger = _program.With((await _admin.KeyAsync("acme", "read", "manage")).Text);
        await (await stranger.PutAsync("api/credentials/crm", _server.Credential())).JsonAsync();
        await (await _client.PutAsync("api/credentials/other", _server.Credential())).JsonAsync();
        await (await _client.PutAsync("api/credentials/plain", """{"type":"bearer","token":"t","connectors":["http"],"hosts":["127.0.0.1"]}""")).JsonAsync();
        var body = await AgreedAsync();
        var state = JsonElement.Parse(body).GetProperty("state").GetString()!;
        var wrong = body.Replace(state, state[..^2] + (state[^2] == 'A' ? 'B' : 'A') + state[^1], StringComparison.Ordinal);

        var problems = new List<JsonElement>();
        foreach (var (client, path, sent) in new[]
        {
            (colleague, Path, body), (_admin, Path, body), (stranger, Path, body), (_client, "api/credentials/other/authorize", body),
            (_client, "api/credentials/plain/authorize", body), (_client, "api/credentials/none/authorize", body), (_client, Path, wrong),
        })
        {
            problems.Add(await (await client.PostAsync(path + "/complete", sent)).ProblemAsync(HttpStatusCode.NotFound, "authorization.unknown"));
        }

        // It is still there for who began it, once.
        await (await _client.PostAsync(Path + "/complete", body)).JsonAsync();
        problems.Add(await (await _client.PostAsync(Path + "/complete", body)).ProblemAsync(HttpStatusCode.NotFound, "authorization.unknown"));
        Assert.Single(problems.Select(problem => problem.GetProperty("detail").GetString()).Distinct());
        Assert.Equal(1, _server.Exchanges);
    }

    [Theory]
    [InlineData("scopes")]
    [InlineData("recreated")]
    public async Task Complete_CredentialWasChangedInBetween_IsRefused(string way)
    {
        await (await _client.PutAsync("api/credentials/crm", _server.Credential())).JsonAsync();
        var body = await AgreedAsync();
        if (way == "recreated")
        {
            await (await _client.SendAsync(HttpMethod.Delete, "api/credentials/crm")).JsonAsync();
        }

        await (await _client.PutAsync("api/credentials/crm", _server.Credential().Replace("\"a\"", "\"z\"", StringComparison.Ordinal))).JsonAsync();

        await (await _client.PostAsync(Path + "/complete", body)).ProblemAsync(HttpStatusCode.NotFound, "authorization.unknown");
        Assert.Equal(0, _server.Exchanges);
    }

    [Fact]
    public async Task Complete_ManyAtOnce_OneDoes()
    {
        await PutAsync(isPublic: false);
        var body = await AgreedAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => _client.PostAsync(Path + "/complete", body)));

        Assert.Single(answers, answer => answer.IsSuccessStatusCode);
        Assert.All(answers.Where(answer => !answer.IsSuccessStatusCode), answer => Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode));
        Assert.Equal(1, _server.Exchanges);
    }

    [Theory]
    [InlineData("400", "authorization.refused", "The token server refuses: 400 invalid_grant.")]
    [InlineData("401", "authorization.refused", "The token server refuses: 401.")]
    [InlineData("503", "authorization.failed", "The token server answers 503.")]
    [InlineData("garbage", "authorization.failed", "no JSON object")]
    [InlineData("hang", "authorization.failed", "did not answer within 10 s")]
    public async Task Complete_TokenServerFails_SaysSoWithoutWhatWasSent(string fault, string code, string sentence)
    {
        await PutAsync(isPublic: false);
        await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).JsonAsync();
        var body = await AgreedAsync();
        _server.Fault = fault;

        var problem = await (await _client.PostAsync(Path + "/complete", body)).ProblemAsync(HttpStatusCode.BadGateway, code);

        Assert.Contains(sentence, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);

        // What was authorized before goes on.
        _server.Fault = null;
        await (await _client.PostAsync(Path + "/complete", body)).ProblemAsync(HttpStatusCode.NotFound, "authorization.unknown");
        await (await CallAsync()).JsonAsync();
    }

    [Fact]
    public async Task Complete_CodeOfAnotherServer_IsRefused()
    {
        await PutAsync(isPublic: false);
        foreach (var issuer in new[] { "https://evil.example", "http://127.0.0.1:1", "evil" })
        {
            _server.Issuer = issuer;
            await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).ProblemAsync(HttpStatusCode.BadRequest, "authorization.issuer");
        }

        await (await _client.PutAsync("api/credentials/crm", _server.Credential(more: ""","issuer":"https://login.example/tenant" """))).JsonAsync();
        foreach (var issuer in new[] { null, _server.Url, "https://login.example/Tenant" })
        {
            _server.Issuer = issuer;
            await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).ProblemAsync(HttpStatusCode.BadRequest, "authorization.issuer");
        }

        _server.Issuer = "https://login.example/tenant";
        await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).JsonAsync();
        Assert.Equal(1, _server.Exchanges);
    }

    /// <summary>Codes and verifiers of two authorizations belong to one of them alone.</summary>
    [Fact]
    public async Task Complete_WithTheCodeOfAnother_IsRefusedByTheServer()
    {
        await PutAsync(isPublic: true);
        var (mine, theirs) = (JsonElement.Parse(await AgreedAsync()), JsonElement.Parse(await AgreedAsync()));
        var mixed = JsonSerializer.Serialize(new { state = mine.GetProperty("state").GetString(), code = theirs.GetProperty("code").GetString() });

        await (await _client.PostAsync(Path + "/complete", mixed)).ProblemAsync(HttpStatusCode.BadGateway, "authorization.refused");
    }

    /// <summary>What was authorized for one place goes to no other, whether there is a client secret to give again or not.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Put_AnotherPlace_EndsTheAuthorization(bool isPublic)
    {
        await PutAsync(isPublic);
        await (await _client.PostAsync(Path + "/complete", await AgreedAsync())).JsonAsync();
        await (await CallAsync()).JsonAsync();
        var shown = (await _client.GetJsonAsync("api/credentials/crm")).GetProperty("config").GetRawText();
        var elsewhere = shown.Replace("/authorize?", "/authorize/other?", StringComparison.Ordinal);
        if (!isPublic)
        {
            Assert.Equal(["/clientSecret"], (await (await _client.PutAsync("api/credentials/crm", elsewhere)).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid")).Pointers());
        }

        await (await _client.PutAsync("api/credentials/crm", shown.Replace("\"a\"", "\"b\"", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).Replace("publicclient", AuthorizationServer.Public, StringComparison.Ordinal).Replace("confidentialclient", "confidential client", StringComparison.Ordinal))).JsonAsync();
        Assert.Equal(JsonValueKind.Object, (await ShownAsync()).ValueKind);
        await (await _client.PutAsync("api/credentials/crm", _server.Credential(isPublic).Replace("[\"127.0.0.1\"]", "[\"127.0.0.1\",\"evil.example\"]", StringComparison.Ordinal))).JsonAsync();

        Assert.Equal(JsonValueKind.Null, (await ShownAsync()).ValueKind);
        await Poll.UntilAsync(
            async () => (await CallAsync()) is { IsSuccessStatusCode: false } failed && (await failed.Content.ReadAsStringAsync()).Contains("is not authorized yet", StringComparison.Ordinal),
            () => "It is still used.");
    }

    private async Task PutAsync(bool isPublic)
    {
        await (await _client.PutAsync("api/credentials/crm", _server.Credential(isPublic))).JsonAsync();
        await _client.ConnectAsync("api", _server.Instance("crm"));
    }

    private async Task<string> AgreedAsync()
    {
        var begun = await (await _client.PostAsync(Path, $$"""{"redirectUri":"{{Callback}}"}""")).JsonAsync();
        return AuthorizationServer.BodyOf(await AuthorizationServer.AgreeAsync(begun.GetProperty("authorizationUrl").GetString()!));
    }

    private Task<HttpResponseMessage> CallAsync() => CallAsync(_client);

    internal static async Task<HttpResponseMessage> CallAsync(HttpClient client) =>
        await client.PostAsync("api/instances/api/actions/request", """{"method":"GET","path":"/data"}""");

    private async Task<JsonElement> ShownAsync() => (await _client.GetJsonAsync("api/credentials/crm")).GetProperty("authorized");

    private async Task<IEnumerable<string>> EventsAsync() =>
        (await (await _client.SendAsync(HttpMethod.Get, "api/events?limit=200", null, ("Accept", "application/json"))).JsonAsync()).GetProperty("items").EnumerateArray()
            .Where(happened => happened.GetProperty("type").GetString() == "credential.refresh").Select(happened => happened.GetProperty("detail").GetString()!);

    private async Task StartAsync()
    {
        _program = await HostProgram.StartAsync(_directory, new Dictionary<string, string>
        {
            ["PluginRuntime__Egress__Allow__0"] = "127.0.0.1",
        });
        _admin = _program.Client(_directory);
    }

    private async Task RestartAsync()
    {
        var key = _client.DefaultRequestHeaders.Authorization!.Parameter!;
        _evidence.Add("log", _program.Output + _program.Error);
        _client.Dispose();
        _admin.Dispose();
        _program.Dispose();
        await StartAsync();
        using var client = _program.With(key);
        _client = _evidence.Client(client);
    }
}
