using System.Text.Json.Nodes;
using PluginRuntime.Execution;
using PluginRuntime.Management;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Plugins.Http;

namespace PluginRuntime.Tests.Management;

/// <summary>Connectors that are a manifest only, carried out by the http connector: the whole road, against a server.</summary>
public sealed class BoundInstanceTests : IAsyncLifetime
{
    private readonly RuntimeUnderTest _test = RuntimeUnderTest.Create();
    private readonly RegisteredManifests _registered = new();
    private readonly HttpServer _server = new();

    public Task InitializeAsync()
    {
        // It tells which version of the manifest asks.
        _server.Answer = request => HttpServer.Reply.Of(200, $$"""{"version":"{{request.Target.Split('/')[1]}}"}""");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _test.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Swap_UnderCallers_LosesNoCallAndSharesTheContext()
    {
        await StartAsync();
        await _test.UntilVersionAsync("1.0.0");
        await using var load = new CallLoad(_test, callers: 4);
        await UntilCalledAsync(load, 50);

        Register("1.1.0");
        await _test.UntilVersionAsync("1.1.0");
        var before = load.Calls;
        await UntilCalledAsync(load, before + 50);
        var (versions, failures) = await load.StopAsync();

        Assert.Empty(failures);
        Assert.Equal(["1.0.0", "1.1.0"], versions);
        Assert.Equal(("users", "1.1.0"), (_test.Status().Generation!.Connector, _test.Status().Generation!.Version));
        await _test.UntilAsync(status => status.Previous is { Version: "1.0.0", Drained: true });
        Assert.Single(_test.Runtime.ListContexts("http"));
        Assert.Empty(_test.Runtime.ListContexts("users"));
        Assert.All(_server.Requests, request => Assert.Equal(["sesame"], request.Values("X-Key")));

        var ended = await _test.Runtime.Swaps.RollBack("p").Ended;
        Assert.True(ended.Status == OperationStatus.Succeeded, $"{ended.Code} {ended.Detail}");
        Assert.Equal("1.0.0", await _test.VersionAsync());
    }

    [Fact]
    public async Task Swap_ManifestThatItsApiDoesNotServe_StaysOnTheOldOne()
    {
        await StartAsync(change: manifest => manifest["http"]!["healthPath"] = "/health");
        await _test.UntilVersionAsync("1.0.0");
        _server.Answer = request => HttpServer.Reply.Of(request.Target.StartsWith("/1.1.0/", StringComparison.Ordinal) ? 404 : 200, """{"version":"1.0.0"}""");

        Register("1.1.0", manifest => manifest["http"]!["healthPath"] = "/health");

        await _test.UntilAsync(status => status.Quarantine.Count == 1);
        Assert.Equal("1.0.0", await _test.VersionAsync());
    }

    [Fact]
    public async Task Check_Instance_AsksTheApi()
    {
        await StartAsync(change: manifest => manifest["http"]!["healthPath"] = "/health");
        await _test.UntilVersionAsync("1.0.0");

        Assert.True((await _test.Runtime.CheckHealthAsync("p")).Healthy);
        Assert.All(_server.Requests, request => Assert.Equal("/1.0.0/health", request.Target));
        _server.Answer = _ => HttpServer.Reply.Of(500);
        Assert.False((await _test.Runtime.CheckHealthAsync("p")).Healthy);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public async Task Call_503WithRetryAfter_IsTriedAgainWhereIdempotent(bool idempotent, int requests)
    {
        await StartAsync(change: manifest => manifest["actions"]![0]!["idempotent"] = idempotent);
        await _test.UntilVersionAsync("1.0.0");
        var answers = new Queue<HttpServer.Reply>([HttpServer.Reply.Of(503, "", "Retry-After: 0"), HttpServer.Reply.Of(200, """{"version":"again"}""")]);
        _server.Answer = _ => answers.Dequeue();

        var failure = await Record.ExceptionAsync(async () => Assert.Equal("again", await _test.VersionAsync()));

        Assert.Equal(idempotent, failure is null);
        Assert.Equal(requests, _server.Requests.Count);
    }

    [Fact]
    public async Task Call_RetryAfterBeyondTheDeadline_ComesBackWithTheTime()
    {
        await StartAsync();
        await _test.UntilVersionAsync("1.0.0");
        _server.Answer = _ => HttpServer.Reply.Of(503, "", "Retry-After: 3600");

        var failure = await Assert.ThrowsAsync<ConnectorFailedException>(() => _test.CallAsync("who"));

        Assert.Equal((ConnectorErrorKind.Unavailable, TimeSpan.FromHours(1)), (failure.Kind, failure.RetryAfter));
        Assert.Single(_server.Requests);
    }

    [Fact]
    public async Task Call_GivenUpOrTimedOut_EndsAndTheNextOneWorks()
    {
        await StartAsync();
        await _test.UntilVersionAsync("1.0.0");
        var answer = _server.Answer;
        _server.Answer = _ => HttpServer.Reply.Raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", HttpServer.After.Hang);
        using var caller = new CancellationTokenSource();
        var call = _test.Runtime.InvokeAsync("p", "who", "{}"u8.ToArray(), new System.Buffers.ArrayBufferWriter<byte>(), null, caller.Token).AsTask();
        await _server.NextAsync();

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        var late = await Assert.ThrowsAnyAsync<PluginRuntimeException>(() => _test.CallAsync("who", options: new() { Timeout = TimeSpan.FromMilliseconds(200) }));
        Assert.Equal("deadline.exceeded", late.Code);
        _server.Answer = answer;
        Assert.Equal("1.0.0", await _test.VersionAsync());
    }

    /// <summary>As many requests as the pool has connections, and no more, are under way.</summary>
    [Fact]
    public async Task Call_PoolIsFull_Waits()
    {
        await StartAsync(pool: """{"size":2,"min":2,"acquireTimeout":"100ms"}""");
        await _test.UntilVersionAsync("1.0.0");
        using var gate = new ManualResetEventSlim();
        _server.Answer = _ =>
        {
            gate.Wait();
            return HttpServer.Reply.Of(200, """{"version":"1.0.0"}""");
        };
        var calls = new[] { _test.VersionAsync(), _test.VersionAsync() };
        try
        {
            await RuntimeUnderTest.UntilGoneAsync(() => _server.Requests.Count == 2);

            var failure = await Assert.ThrowsAnyAsync<PluginRuntimeException>(() => _test.CallAsync("who"));

            Assert.Equal("pool.exhausted", failure.Code);
        }
        finally
        {
            gate.Set();
        }

        Assert.Equal(["1.0.0", "1.0.0"], await Task.WhenAll(calls));
        Assert.Equal(2, _server.Requests.Count);
    }

    [Theory]
    [InlineData("who", """{"n":"no number"}""", "input.invalid")]
    [InlineData("get", "{}", "action.unknown")]
    [InlineData("request", "{}", "action.unknown")]
    public async Task Call_NotInTheManifest_IsRefusedBeforeTheApi(string action, string input, string code)
    {
        await StartAsync();
        await _test.UntilVersionAsync("1.0.0");

        Assert.Equal(code, (await Assert.ThrowsAnyAsync<PluginRuntimeException>(() => _test.CallAsync(action, input))).Code);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Call_AnswerThatTheManifestDoesNotDescribe_IsOutputInvalid()
    {
        await StartAsync();
        await _test.UntilVersionAsync("1.0.0");
        _server.Answer = _ => HttpServer.Reply.Of(200, """{"version":1}""");

        Assert.Equal("output.invalid", (await Assert.ThrowsAnyAsync<PluginRuntimeException>(() => _test.CallAsync("who"))).Code);
    }

    [Fact]
    public async Task Start_NoHttpConnector_SaysSoAndTakesItWhenItComes()
    {
        await StartAsync(dropHttp: false);
        await _test.UntilAsync(status => status.LastError is not null);
        Assert.Equal("load.unbound", _test.Status().LastError!.Code);
        Assert.Contains("'http'", _test.Status().LastError!.Detail, StringComparison.Ordinal);
        Assert.Empty(_test.Status().Quarantine);

        DropHttp("1.0.0");

        await _test.UntilVersionAsync("1.0.0");
    }

    /// <summary>Not the manifest's fault: nothing of it is put aside, and what runs goes on.</summary>
    [Fact]
    public async Task Swap_HttpConnectorCannotBeLoaded_StaysAndPutsNothingAside()
    {
        await StartAsync();
        await _test.UntilVersionAsync("1.0.0");
        DropHttp("1.9.0", directory => FixturePackages.Describe(directory, "1.9.0", manifest => manifest["runtime"]!["type"] = "No.Such"));
        await RuntimeUnderTest.UntilGoneAsync(() => _test.Runtime.Catalog.Find("http").Count == 2);

        Register("1.1.0");

        await _test.UntilAsync(status => status.LastError is { Code: "load.unbound" });
        Assert.Contains("No.Such", _test.Status().LastError!.Detail, StringComparison.Ordinal);
        Assert.Equal("1.0.0", await _test.VersionAsync());
        Assert.Empty(_test.Status().Quarantine);
        Assert.DoesNotContain(_test.Runtime.List().Problems, problem => problem.Source.StartsWith("users", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Remove_RegisteredManifestIsGone_WhatRunsGoesOn()
    {
        await StartAsync();
        await _test.UntilVersionAsync("1.0.0");

        _registered.Clear();
        _test.Runtime.LookAgain();

        await _test.UntilAsync(status => status.LastError is { Code: "connector.unknown" });
        Assert.Equal("1.0.0", await _test.VersionAsync());
    }

    private static Task UntilCalledAsync(CallLoad load, long calls) => RuntimeUnderTest.UntilGoneAsync(() => load.Calls >= calls);

    private Task<RuntimeUnderTest> StartAsync(Action<JsonObject>? change = null, string pool = """{"size":4,"min":1}""", bool dropHttp = true)
    {
        if (dropHttp)
        {
            DropHttp("1.0.0");
        }

        _registered.Add(Manifest("1.0.0", change));
        return _test.StartAsync(
            options => options.Instances["p"] =
                $$$"""
                {"connector":"users","version":"1.x","pool":{{{pool}}},"retry":{"baseDelay":"1ms","maxDelay":"2ms"},"bake":{"time":"0s"},
                 "credentials":{"type":"api_key","apiKey":"sesame"}}
                """,
            prepare: runtime => runtime.Folders.Add(_registered.Scan));
    }

    private void DropHttp(string version, Action<string>? spoil = null) =>
        FixturePackages.Drop(FixturePackages.BuiltPlugin("Http"), _test.DropFolder, $"http-{version}", version, spoil: spoil);

    private void Register(string version, Action<JsonObject>? change = null)
    {
        _registered.Add(Manifest(version, change));
        _test.Runtime.LookAgain();
    }

    private string Manifest(string version, Action<JsonObject>? change = null)
    {
        var manifest = JsonNode.Parse($$$"""
            { "manifestVersion": 1, "id": "users", "name": "Users", "version": "{{{version}}}", "auth": { "type": "api_key", "headerName": "X-Key" },
              "actions": [ { "id": "who", "name": "Who", "idempotent": true,
                "inputSchema": { "type": "object", "properties": { "n": { "type": "integer" } } },
                "outputSchema": { "type": "object", "properties": { "version": { "type": "string" } }, "required": ["version"] },
                "http": { "method": "GET", "path": "/who", "query": { "n": "{n}" } } } ],
              "http": { "baseUrl": "{{{_server.Url}}}/{{{version}}}" } }
            """)!.AsObject();
        change?.Invoke(manifest);
        return manifest.ToJsonString();
    }
}
