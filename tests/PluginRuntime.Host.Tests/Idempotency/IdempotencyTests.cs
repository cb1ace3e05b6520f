using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Packages;

namespace PluginRuntime.Host.Tests.Idempotency;

/// <summary><c>Idempotency-Key</c> over REST.</summary>
public sealed class IdempotencyTests : IAsyncLifetime
{
    private const string Who = "api/instances/probe/actions/who";
    private const string Fail = "api/instances/probe/actions/fail-once-only";
    private const string Slow = "api/instances/demo/actions/slow";

    private readonly HostDirectory _directory = new HostDirectory().WithDrop();
    private HostProgram _program = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        ConnectorFolder.Drop(ConnectorFolder.Probe, _directory.Drop, "probe");
        await StartAsync();
        await _client.ConnectAsync("probe", """{"connector":"probe","pool":{"size":4}}""");
        await _client.ConnectedAsync("demo");
    }

    public Task DisposeAsync()
    {
        _client?.Dispose();
        _program?.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Post_Again_GivesTheFirstAnswer()
    {
        var first = await SendAsync(_client, Who, "{}", "k");
        var again = await SendAsync(_client, Who, "{}", "k");

        Assert.Equal(1, (await CallsAsync(first, isReplayed: false)));
        Assert.Equal(1, (await CallsAsync(again, isReplayed: true)));
        Assert.Equal(first.Content.Headers.ContentType, again.Content.Headers.ContentType);
        Assert.Equal(2, await CallsAsync(await _client.PostAsync(Who, "{}"), isReplayed: false));
        Assert.Equal(3, await CallsAsync(await SendAsync(_client, Who, "{}", "other"), isReplayed: false));

        // Of another method or another use of the header nothing is kept.
        Assert.False((await _client.SendAsync(HttpMethod.Get, "api/instances", null, ("Idempotency-Key", ""))).Headers.Contains("Idempotent-Replayed"));
    }

    [Fact]
    public async Task Post_AnotherBodyQueryOrInstance_IsAMismatch()
    {
        await (await SendAsync(_client, "api/instances/demo/validate", """{"connector":"demo"}""", "k")).JsonAsync();

        foreach (var (path, body) in (IEnumerable<(string, string)>)
            [("api/instances/demo/validate", """{"connector":"demo" }"""), ("api/instances/demo/validate?connect=true", """{"connector":"demo"}"""), ("api/instances/probe/validate", """{"connector":"demo"}""")])
        {
            await (await SendAsync(_client, path, body, "k")).ProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency.mismatch");
        }

        Assert.Equal(1, await CallsAsync(await SendAsync(_client, Who, "{}", "k"), isReplayed: false));
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("a,\tb")]
    public async Task Post_NoKey_IsRefused(string key) =>
        await (await SendAsync(_client, Who, "{}", key)).ProblemAsync(HttpStatusCode.BadRequest, "header.invalid");

    [Fact]
    public async Task Post_LongestAndTooLongKey_IsTakenAndRefused()
    {
        await (await SendAsync(_client, Who, "{}", new string('~', 255))).JsonAsync();
        await (await SendAsync(_client, Who, "{}", new string('~', 256))).ProblemAsync(HttpStatusCode.BadRequest, "header.invalid");
        await (await _client.SendAsync(HttpMethod.Post, Who, Http.Json("{}"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b"))).ProblemAsync(HttpStatusCode.BadRequest, "header.invalid");
    }

    [Fact]
    public async Task Post_FirstIsUnderWay_IsToldToWait()
    {
        var first = SendAsync(_client, Slow, """{"milliseconds":2000}""", "k");
        await UnderWayAsync();

        var second = await SendAsync(_client, Slow, """{"milliseconds":2000}""", "k");
        var problem = await second.ProblemAsync(HttpStatusCode.Conflict, "idempotency.in-flight");
        Assert.True(problem.GetProperty("retryable").GetBoolean());
        Assert.Equal(TimeSpan.FromSeconds(1), second.Headers.RetryAfter!.Delta);
        await (await SendAsync(_client, Slow, """{"milliseconds":1}""", "k")).ProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency.mismatch");

        var answer = await (await first).Content.ReadAsStringAsync();
        var again = await SendAsync(_client, Slow, """{"milliseconds":2000}""", "k");
        Assert.True(again.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(answer, await again.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Post_CutOff_RunsAgain()
    {
        using var cut = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, Slow) { Content = Http.Json("""{"milliseconds":3000}""") };
        request.Headers.Add("Idempotency-Key", "k");
        var first = _client.SendAsync(request, cut.Token);
        await UnderWayAsync();
        await cut.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        HttpResponseMessage? answer = null;
        await Poll.UntilAsync(
            async () => (answer = await SendAsync(_client, Slow, """{"milliseconds":3000}""", "k")).StatusCode != HttpStatusCode.Conflict, () => "It stays in flight.");
        Assert.Equal(HttpStatusCode.OK, answer!.StatusCode);
        Assert.False(answer.Headers.Contains("Idempotent-Replayed"));
    }

    [Fact]
    public async Task Post_Failed_IsKeptWhereItIsTheRequestsFault()
    {
        // The second attempt of each succeeds.
        const string Gone = """{"kind":"unavailable","times":1}""";
        await (await SendAsync(_client, Fail, Gone, "gone")).ProblemAsync(HttpStatusCode.ServiceUnavailable, "connector.unavailable");
        var attempts = (await (await SendAsync(_client, Fail, Gone, "gone")).JsonAsync()).GetProperty("attempts").GetInt32();
        Assert.Equal(attempts, (await (await SendAsync(_client, Fail, Gone, "gone")).JsonAsync()).GetProperty("attempts").GetInt32());

        const string Rate = """{"kind":"rate","times":1}""";
        await (await SendAsync(_client, Fail, Rate, "rate")).ProblemAsync(HttpStatusCode.TooManyRequests, "connector.rate");
        await (await SendAsync(_client, Fail, Rate, "rate")).JsonAsync();

        const string Conflict = """{"kind":"conflict","times":1}""";
        var first = await (await SendAsync(_client, Fail, Conflict, "conflict")).ProblemAsync(HttpStatusCode.Conflict, "connector.conflict");
        var replay = await SendAsync(_client, Fail, Conflict, "conflict");
        Assert.True(replay.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(first.GetRawText(), (await replay.ProblemAsync(HttpStatusCode.Conflict, "connector.conflict")).GetRawText());

        await (await SendAsync(_client, Who, "{", "broken")).ProblemAsync(HttpStatusCode.BadRequest, "input.invalid");
        Assert.True((await SendAsync(_client, Who, "{", "broken")).Headers.Contains("Idempotent-Replayed"));
        await (await SendAsync(_client, "api/instances/none/actions/who", "{}", "none")).ProblemAsync(HttpStatusCode.NotFound, "instance.unknown");
        await (await SendAsync(_client, "api/nothing", "{}", "none")).ProblemAsync(HttpStatusCode.NotFound, "route.unknown");
    }

    [Fact]
    public async Task Post_LargeAnswer_IsGivenOnceAndNotRunAgain()
    {
        const string Echo = "api/instances/demo/actions/echo";
        var body = $$"""{"text":"{{new string('x', 1100 * 1024)}}"}""";

        Assert.Equal(body, await (await SendAsync(_client, Echo, body, "k")).Content.ReadAsStringAsync());
        await (await SendAsync(_client, Echo, body, "k")).ProblemAsync(HttpStatusCode.Conflict, "idempotency.too-large");

        var small = $$"""{"text":"{{new string('x', 1000 * 1024)}}"}""";
        Assert.Equal(small, await (await SendAsync(_client, Echo, small, "small")).Content.ReadAsStringAsync());
        var replay = await SendAsync(_client, Echo, small, "small");
        Assert.True(replay.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(small, await replay.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Post_Batch_IsReplayed()
    {
        const string Batch = """{"items":[{"instance":"probe","action":"who"},{"instance":"none","action":"who"}]}""";

        var first = await (await SendAsync(_client, "api/batch", Batch, "k")).Content.ReadAsStringAsync();
        var replay = await SendAsync(_client, "api/batch", Batch, "k");

        Assert.True(replay.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal(first, await replay.Content.ReadAsStringAsync());
        Assert.Equal(2, await CallsAsync(await _client.PostAsync(Who, "{}"), isReplayed: false));
    }

    [Fact]
    public async Task CreateKey_Again_ShowsTheSameKeyAndTheDatabaseHasNone()
    {
        const string Body = """{"name":"ci","scopes":["read"]}""";

        var first = await (await SendAsync(_client, "api/orgs/default/keys", Body, "k")).JsonAsync();
        var replay = await SendAsync(_client, "api/orgs/default/keys", Body, "k");

        Assert.Equal(HttpStatusCode.Created, replay.StatusCode);
        Assert.True(replay.Headers.CacheControl!.NoStore);
        Assert.Equal(first.GetRawText(), (await replay.JsonAsync()).GetRawText());
        var text = first.GetProperty("key").GetString()!;
        Assert.Single((await _client.GetJsonAsync("api/orgs/default/keys")).GetProperty("items").EnumerateArray(), key => key.GetProperty("name").GetString() == "ci");
        foreach (var file in Directory.GetFiles(_directory.Data, "state.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(text[4..^6], await reader.ReadToEndAsync(), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(text[4..^6], _program.Output + _program.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_OtherKeyOrOrg_IsAnotherRequest()
    {
        const string Body = """{"name":"ci","scopes":["read"]}""";
        await (await _client.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        using var other = _program.With((await _client.KeyAsync("default", "org-admin")).Text);

        var answers = new[]
        {
            await SendAsync(_client, "api/orgs/default/keys", Body, "k"),
            await SendAsync(other, "api/orgs/default/keys", Body, "k"),
            await _client.SendAsync(HttpMethod.Post, "api/orgs/default/keys", Http.Json(Body), ("Idempotency-Key", "k"), ("Connector-Org", "acme")),
        };

        Assert.All(answers, answer => Assert.False(answer.Headers.Contains("Idempotent-Replayed")));
        Assert.Equal(3, (await Task.WhenAll(answers.Select(answer => answer.JsonAsync()))).Select(made => made.GetProperty("id").GetString()).Distinct().Count());
        using var reader = _program.With((await _client.KeyAsync("default", "read")).Text);
        await (await SendAsync(reader, "api/orgs/default/keys", Body, "k")).ProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
        reader.DefaultRequestHeaders.Authorization = null;
        await (await SendAsync(reader, "api/orgs/default/keys", Body, "k")).ProblemAsync(HttpStatusCode.Unauthorized, "auth.required");
    }

    [Fact]
    public async Task Post_PackageFile_IsReplayed()
    {
        var package = TestPackages.Connector(ConnectorFolder.Probe, new() { Id = "made.alpha", Version = "1.0.0" });

        var first = await UploadAsync(package);
        await _client.EndOfAsync(first);
        var replay = await UploadAsync(package);
        await (await UploadAsync([.. package, 0])).ProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency.mismatch");

        Assert.True(replay.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal((HttpStatusCode.Accepted, first.Headers.Location), (replay.StatusCode, replay.Headers.Location));

        async Task<HttpResponseMessage> UploadAsync(byte[] file)
        {
            var content = new ByteArrayContent(file);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            return await _client.SendAsync(HttpMethod.Post, "api/packages", content, ("Idempotency-Key", "k"));
        }
    }

    [Fact]
    public async Task Post_LargeAndTooLargeBody_IsTakenAndRefused()
    {
        const int Largest = 32 * 1024 * 1024;
        using var most = new ByteArrayContent(new byte[Largest]);
        using var more = new ByteArrayContent(new byte[Largest + 1]);
        most.Headers.ContentType = more.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        await (await _client.SendAsync(HttpMethod.Post, Who, most, ("Idempotency-Key", "k"))).ProblemAsync(HttpStatusCode.BadRequest, "input.invalid");

        // The host may close the connection before it has read what it refuses.
        try
        {
            await (await _client.SendAsync(HttpMethod.Post, Who, more, ("Idempotency-Key", "k2"), ("Expect", "100-continue")))
                .ProblemAsync(HttpStatusCode.RequestEntityTooLarge, "body.too-large");
        }
        catch (HttpRequestException)
        {
            Assert.Equal(1, await CallsAsync(await SendAsync(_client, Who, "{}", "k2"), isReplayed: false));
        }
    }

    [Fact]
    public async Task Kill_WhileUnderWay_TheNextStartRunsItAndKeepsWhatWasAnswered()
    {
        Assert.Equal(1, await CallsAsync(await SendAsync(_client, Who, "{}", "answered"), isReplayed: false));
        var lost = SendAsync(_client, Slow, """{"milliseconds":500}""", "warm");
        await lost;
        lost = SendAsync(_client, Slow, """{"milliseconds":20000}""", "lost");
        await UnderWayAsync();
        _program.Kill();
        await _program.EndAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => lost);
        _client.Dispose();
        _program.Dispose();
        await StartAsync();
        await _client.ConnectedAsync("demo");
        await _client.ConnectedAsync("probe");

        Assert.Equal(1, await CallsAsync(await SendAsync(_client, Who, "{}", "answered"), isReplayed: true));
        await (await SendAsync(_client, Slow, """{"milliseconds":1}""", "lost")).ProblemAsync(HttpStatusCode.UnprocessableEntity, "idempotency.mismatch");
        var again = SendAsync(_client, Slow, """{"milliseconds":20000}""", "lost");
        await UnderWayAsync();
        await (await SendAsync(_client, Slow, """{"milliseconds":20000}""", "lost")).ProblemAsync(HttpStatusCode.Conflict, "idempotency.in-flight");
        _program.Kill();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => again);
    }

    private async Task StartAsync()
    {
        _program = await HostProgram.StartAsync(_directory, [new("PluginRuntime__Packages__AllowUpload", "true")]);
        _client = _program.Client(_directory);
    }

    private Task UnderWayAsync() => Poll.UntilAsync(
        async () => (await _client.GetJsonAsync("api/instances/demo")).GetProperty("status").GetProperty("pool").GetProperty("inUse").GetInt32() == 1,
        () => "The call has not begun.");

    private static Task<HttpResponseMessage> SendAsync(HttpClient client, string path, string body, string key) =>
        client.SendAsync(HttpMethod.Post, path, Http.Json(body), ("Idempotency-Key", key));

    private static async Task<int> CallsAsync(HttpResponseMessage answer, bool isReplayed)
    {
        var calls = (await answer.JsonAsync()).GetProperty("calls").GetInt32();
        Assert.Equal(isReplayed ? ["true"] : [], answer.Headers.TryGetValues("Idempotent-Replayed", out var values) ? values : []);
        return calls;
    }
}
