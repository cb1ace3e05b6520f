using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Host.Tests.Telemetry;
using PluginRuntime.Tests.Running;
using Xunit.Abstractions;

namespace PluginRuntime.Host.Tests.Secrets;

/// <summary>
/// Plants a secret of every kind, drives a host through everything it can do and much that fails, and searches every byte that came out.
/// A planted name that is no secret proves that each way out is really searched.
/// </summary>
public sealed partial class CanarySweepTests(PostgresShared postgres, ITestOutputHelper output) : IClassFixture<PostgresShared>, IAsyncLifetime
{
    private const string PlantedName = "planted-7a41f";

    private static readonly string[] _waysToSay = ["throw", "nest", "connector", "log", "scope", "thread", "unhealthy"];

    private readonly HostDirectory _directory = new HostDirectory().WithDrop();
    private readonly Evidence _evidence = new();
    private readonly Collector _collector = new();

    private readonly Canary _planted = Canary.Of("PlantedOpen");
    private readonly Canary _apiKey = Canary.InHeader("ApiKey");
    private readonly Canary _password = Canary.Of("Password", "app");
    private readonly Canary _bearer = Canary.InHeader("Bearer");
    private readonly Canary _clientSecret = Canary.Of("ClientSecret", "client");
    private readonly Canary _accessToken = Canary.InHeader("AccessToken");
    private readonly Canary _refreshToken = Canary.Of("RefreshToken");
    private readonly Canary _granted = Canary.InHeader("Granted");
    private readonly Canary _rotated = Canary.Of("Rotated");
    private readonly Canary _setting = Canary.Of("Setting");
    private readonly Canary _ofEnvironment = Canary.Of("Environment");
    private readonly Canary _ofFile = Canary.Of("File", "app");
    private readonly Canary _wrongPassword = Canary.Of("WrongPassword", PostgresServer.Username);
    private readonly Canary _rightPassword = Canary.Known(PostgresServer.Password, PostgresServer.Username);

    private Upstream _upstream = null!;
    private HostProgram _host = null!;
    private HttpClient _client = null!;
    private HttpClient _unseen = null!;

    private IEnumerable<Canary> All =>
        [
            _apiKey, _password, _bearer, _clientSecret, _accessToken, _refreshToken, _granted, _rotated, _setting, _ofEnvironment, _ofFile, _wrongPassword,
            _rightPassword, _storedToken, _storedSecret,
        ];

    public async Task InitializeAsync()
    {
        _upstream = new Upstream(_granted, _rotated).Start(_accessToken);
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, _directory.Drop, "stubborn");
        await File.WriteAllTextAsync(Path.Combine(_directory.Path, "secret"), _ofFile.Value + "\n");
        await File.WriteAllTextAsync(
            _directory.ConfigFile,
            $$$"""
            {"instances":{"of-file":{"connector":"stubborn","pool":{"size":1},"credentials":"shared","settings":{"password":"${env:CANARY_VARIABLE}"}},
                          "of-file-wrong":{"connector":"stubborn","passwrod":{{{_setting.Json}}},"credentials":{"type":"basic","username":"app","passwrod":{{{_password.Json}}} } } },
             "credentials":{"shared":{"type":"basic","username":"app","password":"${file:{{{_directory.Path}}}/secret}"} } }
            """);
        await StartAsync();
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        _unseen?.Dispose();
        _host?.Dispose();
        await _upstream.DisposeAsync();
        await _collector.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Everything_ThatCanFail_TellsNoSecret()
    {
        await FollowAsync();
        await StoreAsync();
        var instances = await CreateAsync();
        await ProveUseAsync();
        foreach (var canary in All)
        {
            await MisplaceAsync(canary);
            await MisplaceStoredAsync(canary);
        }

        foreach (var instance in instances)
        {
            await CallAsync(instance);
            await ChangeAsync(instance);
        }

        await SwapAsync();
        await TellAsync();
        await ReadAllAsync(instances);
        _evidence.AddFiles("files", _directory.Data);
        _host.Kill();
        await EndAsync();
        _evidence.AddFiles("files", _directory.Data);

        await StartAsync();
        await _client.ConnectedAsync("stub-basic");
        await CallAsync("http-oauth");
        await TellAsync();
        await ReadAllAsync(instances);
        _host.Terminate();
        await EndAsync();
        _evidence.AddFiles("files", _directory.Data);
        foreach (var (path, _, body) in _collector.Taken)
        {
            _evidence.Add(path, body);
        }

        output.WriteLine($"{_evidence.Answers} answers; bytes: {string.Join(", ", _evidence.Channels.Order().Select(channel => $"{channel} {_evidence.Size(channel)}"))}");
        Assert.True(_evidence.Answers >= 300, $"{_evidence.Answers} answers");
        AssertSearched();
        var found = All.SelectMany(canary => _evidence.Find(canary)).Distinct(StringComparer.Ordinal).ToList();
        Assert.True(found.Count == 0, $"{found.Count} places:\n{string.Join("\n\n", found.Take(20))}");
    }

    /// <summary>The positive control: the same search finds what is no secret, in each way out.</summary>
    private void AssertSearched()
    {
        var name = Canary.Known(PlantedName, "nobody");
        string[] named = ["answers", "log", "events", "calls", "/api/metrics", "/v1/traces", "/v1/metrics", "files", "tool"];
        Assert.Equal([], named.Where(channel => !_evidence.Has(channel, name)));
        Assert.True(_evidence.Has("/metrics", Canary.Known("pluginruntime_", "nobody")));

        // With all that changes in URLs and JSON.
        string[] spelt = ["answers", "log", "events", "calls", "tool"];
        Assert.Equal([], spelt.Where(channel => !_evidence.Has(channel, _planted)));

        // What connectors tell gets out, without the secrets.
        Assert.True(_evidence.Has("log", Canary.Known("It logs ***", "nobody")));
        Assert.True(_evidence.Has("answers", Canary.Known("InvalidOperationException: ***", "nobody")));
        Assert.True(_evidence.Has("events", Canary.Known("connector.unhandled", "nobody")));
    }

    private async Task<List<string>> CreateAsync()
    {
        var server = postgres.Server;
        (string Name, JsonObject Config)[] wanted =
        [
            ("http-key", HttpConfig($$$"""{"type":"api_key","apiKey":{{{_apiKey.Json}}},"headerName":"X-Canary"}""")),
            ("http-basic", HttpConfig($$$"""{"type":"basic","username":"app","password":{{{_password.Json}}}}""")),
            ("http-bearer", HttpConfig($$$"""{"type":"bearer","token":{{{_bearer.Json}}}}""")),
            ("http-oauth", HttpConfig(OAuth("token"))),
            ("http-stored", HttpConfig("\"kept\"")),
            ("http-stored-oauth", HttpConfig("\"kept-oauth\"")),
            ("http-oauth-400", HttpConfig(OAuth("token-400", hasToken: false))),
            ("http-oauth-500", HttpConfig(OAuth("token-500", hasToken: false))),
            ("http-oauth-nonsense", HttpConfig(OAuth("token-nonsense", hasToken: false))),
            ("stub-key", StubConfig($$$"""{"type":"api_key","apiKey":{{{_apiKey.Json}}}}""")),
            ("stub-basic", StubConfig($$$"""{"type":"basic","username":"app","password":{{{_password.Json}}}}""")),
            ("stub-bearer", StubConfig($$$"""{"type":"bearer","token":{{{_bearer.Json}}}}""")),
            ("stub-oauth", StubConfig(OAuth("token", hasToken: false))),
            (PlantedName, StubConfig("null", _planted)),
            .. server is null ? [] : new[] { ("pg-right", PostgresConfig(_rightPassword)), ("pg-wrong", PostgresConfig(_wrongPassword)) },
        ];
        foreach (var (name, config) in wanted)
        {
            await (await _client.PutAsync($"api/instances/{name}", config.ToJsonString())).JsonAsync();
        }

        foreach (var (name, _) in wanted.Where(pair => pair.Name != "pg-wrong"))
        {
            await _client.ConnectedAsync(name);
        }

        await _client.ConnectedAsync("of-file");
        return [.. wanted.Select(pair => pair.Name), "of-file", "of-file-wrong"];
    }

    /// <summary>The secrets get to where they belong: what follows is not about secrets that nobody has.</summary>
    private async Task ProveUseAsync()
    {
        foreach (var instance in new[] { "http-key", "http-basic", "http-bearer", "http-oauth", "http-stored", "http-stored-oauth" })
        {
            await (await _client.PostAsync($"api/instances/{instance}/actions/get", """{"path":"/fine"}""")).JsonAsync();
        }

        await (await _client.PostAsync("api/instances/http-oauth-400/actions/get", """{"path":"/fine"}""")).ProblemAsync(HttpStatusCode.BadGateway, "connector.auth");
        AssertStoredUse();
        Assert.True(_upstream.WasSentHeader("X-Canary", _apiKey.Value));
        Assert.True(_upstream.WasSentHeader("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"app:{_password.Value}"))));
        Assert.True(_upstream.WasSentHeader("Authorization", "Bearer " + _bearer.Value));
        Assert.True(_upstream.WasSentHeader("Authorization", "Bearer " + _accessToken.Value));
        Assert.True(_upstream.WasSentHeader("Authorization", "Bearer " + _granted.Value));
        var client = Convert.ToBase64String(Encoding.UTF8.GetBytes($"client:{Uri.EscapeDataString(_clientSecret.Value)}"));
        Assert.True(_upstream.WasSentHeader("Authorization", "Basic " + client));
        Assert.True(_upstream.WasSentForm(Uri.EscapeDataString(_refreshToken.Value).Replace("%20", "+", StringComparison.Ordinal)));
        var shown = await (await _unseen.PostAsync("api/instances/of-file/actions/show", "{}")).JsonAsync();
        Assert.Equal(_ofEnvironment.Value, shown.GetProperty("password").GetString());
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"app:{_ofFile.Value}")), shown.GetProperty("value").GetString());
        Assert.Equal(_setting.Value, (await (await _unseen.PostAsync("api/instances/stub-key/actions/show", "{}")).JsonAsync()).GetProperty("password").GetString());
        if (postgres.Server is not null)
        {
            await (await _client.PostAsync("api/instances/pg-right/actions/query", """{"sql":"SELECT 1"}""")).JsonAsync();
        }
    }

    /// <summary>Everywhere where it does not belong.</summary>
    private async Task MisplaceAsync(Canary canary)
    {
        var c = canary.Json;
        string[] bodies =
        [
            $$$"""{"connector":"stubborn","credentials":{"type":"basic","username":"app","passwrod":{{{c}}} }}""",
            $$$"""{"connector":"stubborn","credentials":{"type":"basic","username":{{{c}}},"passwrod":1}}""",
            $$$"""{"connector":"stubborn","credentials":{"type":"bearer","token":[{{{c}}}]}}""",
            $$$"""{"connector":"stubborn","credentials":{"type":"bearer","token":{"x":{{{c}}}},"expiresAt":{{{c}}} }}""",
            $$$"""{"connector":"stubborn","credentials":{"type":{{{c}}},"token":{{{c}}} }}""",
            $$$"""{"connector":"stubborn","credentials":{"type":"api_key","apiKey":"k","headerName":{{{c}}} }}""",
            $$$"""{"connector":"stubborn","credentials":{"type":"oauth","clientId":{{{c}}},"clientSecret":{{{c}}},"tokenUrl":{{{c}}},"scopes":[{{{c}}},1]}}""",
            $$$"""{"connector":"stubborn","credentials":{{{c}}}}""",
            $$$"""{"connector":"stubborn","settings":{"passwrod":{{{c}}} }}""",
            $$$"""{"connector":"stubborn","settings":{"password":[{{{c}}}],"region":{"a":{{{c}}} } } }""",
            $$$"""{"connector":"stubborn","settings":{{{c}}}}""",
            $$$"""{"connector":"stubborn","passwrod":{{{c}}},"host":{{{c}}}}""",
            $$$"""{"connector":"stubborn","port":{{{c}}},"host":{{{c}}}}""",
            $$$"""{"connector":"stubborn","pool":{"size":{{{c}}}},"timeout":{{{c}}},"enabled":{{{c}}},"health":{{{c}}},"retry":{"baseDelay":{{{c}}}} }""",
            $$$"""{"connector":"stubborn","version":{{{c}}},"update":{{{c}}}}""",
            $$$"""{"connector":{{{c}}}}""",
            $$$"""{"connector":"http","settings":{"baseUrl":{{{c}}},"headers":{"X-A":[{{{c}}}]},"statusErrors":{{{c}}} }}""",
            $$$"""{"connector":"sqlite","settings":{"dataSource":"a.db","password":{{{c}}}},"credentials":{"type":"bearer","token":{{{c}}} }}""",
            $$$"""{"connector":"stubborn","settings":{"password":{{{c}}}""",
            $$$"""{{{c}}}""",
        ];
        foreach (var body in bodies)
        {
            await _client.SendAsync(HttpMethod.Put, "api/instances/misplaced", Http.Json(body));
            await _client.SendAsync(HttpMethod.Post, "api/instances/stub-basic/validate", Http.Json(body));
            await _client.SendAsync(HttpMethod.Patch, "api/instances/stub-basic", Http.Json(body));
        }

        // Nothing of it was taken: an open field would rightly be shown.
        Assert.Equal(HttpStatusCode.NotFound, (await _client.SendAsync(HttpMethod.Get, "api/instances/misplaced")).StatusCode);
    }

    private async Task CallAsync(string instance)
    {
        foreach (var path in new[] { "/fine", "/status/401", "/status/403", "/status/404", "/status/429", "/status/500", "/status/502", "/nothing\\u0000" })
        {
            await _client.PostAsync($"api/instances/{instance}/actions/get", $$$"""{"path":"{{{path}}}"}""");
        }

        await _client.PostAsync($"api/instances/{instance}/actions/query", """{"sql":"SELECT * FROM nothing"}""");
        await _client.PostAsync($"api/instances/{instance}/actions/execute", """{"sql":"ALTER ROLE app PASSWORD 3"}""");
        await _client.PostAsync($"api/instances/{instance}/actions/nothing", "{}");
        await _client.SendAsync(HttpMethod.Post, $"api/instances/{instance}/health/check");
        await _client.SendAsync(HttpMethod.Get, $"api/instances/{instance}/health");
    }

    private async Task ChangeAsync(string instance)
    {
        var path = $"api/instances/{instance}";
        var shown = JsonNode.Parse(await _client.GetStringAsync(new Uri(path, UriKind.Relative)))!["config"]!;
        await _client.PutAsync(path, shown.ToJsonString());
        await _client.PutAsync(path + "?dryRun=true", shown.ToJsonString());
        await _client.PostAsync(path + "/validate", shown.ToJsonString());
        await _client.SendAsync(HttpMethod.Patch, path, Http.Json("""{"timeout":"9s"}"""));
        await _client.SendAsync(HttpMethod.Patch, path, Http.Json("""{"host":"elsewhere.example"}"""));
        await _client.PostAsync(path + "/reconnect");
        await _client.PostAsync(path + "/disconnect");
        await _client.PostAsync(path + "/actions/get", """{"path":"/fine"}""");
        await _client.PostAsync(path + "/connect");
    }

    private async Task SwapAsync()
    {
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, _directory.Drop, "stubborn-next", manifest => manifest["version"] = "1.1.0");
        await _client.ConnectedAsync("stub-basic", "1.1.0");
        await _client.EndOfAsync(await _client.PostAsync("api/instances/stub-basic/rollback"));
        await _client.ConnectedAsync("stub-basic", "1.0.0");
        await _client.PostAsync("api/instances/stub-basic/swap", """{"version":"1.1.0"}""");
        await _client.PostAsync("api/instances/stub-basic/quarantine/clear");
    }

    /// <summary>Connectors that put secrets into exceptions, logs and their health; and one that says what is none.</summary>
    private async Task TellAsync()
    {
        foreach (var instance in new[] { "stub-key", "stub-basic", "stub-bearer", "stub-oauth", "of-file", PlantedName })
        {
            await _client.ConnectedAsync(instance);
            var text = instance == PlantedName ? _planted.Json : "null";
            foreach (var how in _waysToSay)
            {
                await _client.PostAsync($"api/instances/{instance}/actions/say", $$$"""{"how":"{{{how}}}","text":{{{text}}}}""");
                for (var check = 0; how == "unhealthy" && check < 4; check++)
                {
                    await _client.SendAsync(HttpMethod.Post, $"api/instances/{instance}/health/check");
                }
            }

            await _client.SendAsync(HttpMethod.Get, $"api/instances/{instance}");
            await _client.PostAsync($"api/instances/{instance}/actions/say", """{"how":"nothing"}""");
            await _client.SendAsync(HttpMethod.Post, $"api/instances/{instance}/health/check");
        }
    }

    private async Task ReadAllAsync(IEnumerable<string> instances)
    {
        string[] paths =
        [
            "api/instances", "api/connectors", "api/connectors/stubborn", "api/health", "api/logging", "api/metrics", "metrics", "health/ready", "health/live",
            "openapi/v1.json", "api/openapi.json", "api/operations", "api/packages", "api/nothing", "api/credentials", "api/credentials/kept", "api/credentials/kept-oauth",
        ];
        foreach (var path in paths)
        {
            await _client.SendAsync(HttpMethod.Get, path);
        }

        var after = "0";
        while (after is not null)
        {
            var page = await (await _client.SendAsync(HttpMethod.Get, $"api/events?limit=200&cursor={after}", null, ("Accept", "application/json"))).Content.ReadAsStringAsync();
            _evidence.Add("events", page);
            after = JsonElement.Parse(page).TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }

        string[][] commands = [["list"], ["events", "--limit", "200"], ["events", "--json"], .. instances.Select(instance => new[] { "show", instance }), ["show", PlantedName, "--json"]];
        foreach (var command in commands)
        {
            using var written = new StringWriter();
            await PluginRuntime.Cli.Program.RunAsync(
                [.. command, "--url", _host.Url!.ToString(), "--key", File.ReadAllText(_directory.KeyFile).Trim()],
                TextReader.Null,
                new InvocationConfiguration { Output = written, Error = written },
                CancellationToken.None);
            _evidence.Add("tool", written.ToString());
        }
    }

    private async Task StartAsync()
    {
        _host?.Dispose();
        _host = await HostProgram.StartAsync(
            _directory,
            new Dictionary<string, string>
            {
                ["CANARY_VARIABLE"] = _ofEnvironment.Value,
                ["Logging__LogLevel__Default"] = "Trace",
                ["Logging__LogLevel__Microsoft"] = "Trace",
                ["Logging__Console__FormatterOptions__IncludeScopes"] = "true",
                ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _collector.Address.ToString(),
                ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
                ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
                ["OTEL_METRIC_EXPORT_INTERVAL"] = "1000",
            });
        _unseen = _host.Client(_directory);
        _client = _evidence.Client(_unseen);
    }

    private async Task EndAsync()
    {
        await _host.EndAsync();
        await _following;
        _evidence.Add("log", _host.Output + _host.Error);
        AddStreams();
        _client.Dispose();
        _unseen.Dispose();
    }

    private JsonObject HttpConfig(string credentials) => JsonNode.Parse(
        $$$"""{"connector":"http","pool":{"size":1},"retry":{"maxRetries":1,"baseDelay":"1ms"},"breaker":{"failures":1000},"settings":{"baseUrl":"{{{_upstream.Url}}}"},"credentials":{{{credentials}}}}""")!.AsObject();

    private JsonObject StubConfig(string credentials, Canary? region = null) => JsonNode.Parse(
        $$$"""{"connector":"stubborn","pool":{"size":1},"health":{"interval":"10m"},"settings":{"password":{{{_setting.Json}}},"region":{{{region?.Json ?? "null"}}}},"credentials":{{{credentials}}}}""")!.AsObject();

    private JsonObject PostgresConfig(Canary password) => JsonNode.Parse(string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"connector":"postgres","host":"127.0.0.1","port":{{{postgres.Server.Port}}},"pool":{"size":1},"settings":{"database":"app"},"credentials":{"type":"basic","username":"app","password":{{{password.Json}}} }}"""))!.AsObject();
}
