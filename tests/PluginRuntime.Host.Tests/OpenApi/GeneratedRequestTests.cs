using System.Collections.Concurrent;
using System.Net;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests;
using Xunit.Abstractions;

namespace PluginRuntime.Host.Tests.OpenApi;

/// <summary>Requests that nobody thought of, against a host with instances, a registered connector and a stored credential: every answer is one that the host's own description allows.</summary>
public sealed class GeneratedRequestTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Seed = 20_300_101;
    private const int Workers = 8;
    private const int Restored = 250;
    private const int MostShown = 40;
    private const string Manifest =
        """
        {"manifestVersion":1,"id":"custom_connector","name":"Custom Connector","version":"1.0.0","description":"Finds.","category":"custom","auth":{"type":"none"},
         "actions":[{"id":"now","name":"Now","description":"Finds now.","idempotent":true,"inputSchema":{"type":"object","properties":{"term":{"type":"string"}},"required":["term"]},"outputSchema":{}}]}
        """;

    private const string Credential = """{"type":"bearer","token":"t-1","connectors":["http"],"hosts":["api.example.com"]}""";
    private const string Files = """{"connector":"sqlite","settings":{"dataSource":"made.db","busyTimeout":"1s"},"pool":{"size":1},"maxRetries":0}""";
    private const string Document =
        """
        {"openapi":"3.1.0","info":{"title":"Users","version":"1.0.0"},"servers":[{"url":"http://127.0.0.1:1"}],"paths":{"/users/{id}":{
          "get":{"operationId":"getUser","tags":["users"],"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":"One.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/User"}}}}}},
          "put":{"operationId":"putUser","requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/User"}}}},"responses":{"200":{"description":"One."}}}}},
         "components":{"schemas":{"User":{"type":"object","properties":{"name":{"type":"string"},"friend":{"$ref":"#/components/schemas/User"}}}}}}
        """;

    private static readonly Dictionary<string, string[]> _bodies = new(StringComparer.Ordinal)
    {
        ["registerConnector"] = [$$"""{"manifest":{{Manifest.Replace("custom_connector", "another", StringComparison.Ordinal)}}}""", $$"""{"manifest":{{Manifest}},"version":"1.0.0"}"""],
        ["updateConnector"] = [$$"""{"manifest":{{Manifest}}}""", .. Enumerable.Range(1, 20).Select(minor => $$"""{"manifest":{{Manifest.Replace("1.0.0", $"1.{minor}.0", StringComparison.Ordinal)}}}""")],
        ["importConnector"] = [$$"""{"document":{{Document}}}""", $$"""{"document":{{Document}},"id":"imported","register":true,"operations":["getUser"],"maxActions":5}"""],
        ["putInstance"] = ["""{"connector":"demo","pool":{"size":1}}""", Files, """{"connector":"custom_connector"}""", """{"connector":"http","credentials":"crm","settings":{"baseUrl":"http://127.0.0.1:1"}}"""],
        ["patchInstance"] = ["""{"pool":{"size":2}}""", """{"enabled":false}""", """{"settings":null,"timeout":"5s"}"""],
        ["validateInstance"] = ["""{"connector":"demo"}""", Files],
        ["putCredential"] = [Credential, """{"type":"basic","username":"u","password":{"$secret":"set"},"connectors":["http"],"hosts":["*"]}"""],
        ["callBatch"] = ["""{"items":[{"instance":"fixed","action":"echo","input":{"a":1}},{"instance":"none","action":"x"},{"instance":"files","action":"query","input":{"sql":"SELECT 1"}}],"parallel":2}"""],
        ["callAction"] = ["{}", """{"milliseconds":1}""", """{"sql":"SELECT 1"}"""],
        ["createKey"] = ["""{"name":"throwaway","scopes":["read"]}""", """{"name":"throwaway","scopes":["invoke","manage"],"expires":"2999-01-01T00:00:00Z"}"""],
        ["shareConnector"] = ["""{"orgs":["acme"]}""", """{"orgs":["*","acme"]}""", """{"orgs":[]}"""],
        ["limitOrg"] = ["""{"instances":1000,"keys":0}""", "{}"],
        ["beginAuthorization"] = ["""{"redirectUri":"http://127.0.0.1:1/done"}"""],
        ["completeAuthorization"] = ["""{"state":"s-1","code":"c-1"}"""],
        ["putLogLevel"] = ["""{"level":"information","for":"5s"}"""],
    };

    private readonly HostDirectory _directory = new HostDirectory().WithDrop();
    private readonly Dictionary<string, string?> _keys = [];
    private int _restored;
    private HostProgram _program = null!;
    private HttpClient _admin = null!;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_directory.ConfigFile, """{"instances":{"fixed":{"connector":"demo","pool":{"size":2}}}}""");
        _program = await HostProgram.StartAsync(_directory, [new("PluginRuntime__Limits__Key__Rate", "0"), new("PluginRuntime__Limits__Key__Concurrency", "0")]);
        _admin = _program.Client(_directory);
        await ReadyAsync();
        await (await _admin.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        _keys["host-admin"] = (await _admin.KeyAsync("default", "host-admin")).Text;
        _keys["reader"] = (await _admin.KeyAsync("default", "read")).Text;
        _keys["caller"] = (await _admin.KeyAsync("default", "invoke", "read")).Text;
        _keys["manager of acme"] = (await _admin.KeyAsync("acme", "manage", "read", "invoke")).Text;
        _keys["admin of acme"] = (await _admin.KeyAsync("acme", "org-admin")).Text;
        _keys["nobody"] = null;
        _keys["stranger"] = "prk_nothing";
        await RestoreAsync();
    }

    public Task DisposeAsync()
    {
        _admin?.Dispose();
        _program?.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public Task AThousand_AreAnsweredAsDescribed() => RunAsync(1_000);

    [LongFact]
    public Task TwentyThousand_AreAnsweredAsDescribed() => RunAsync(20_000);

    private async Task RunAsync(int count)
    {
        var throwaway = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            throwaway.Add((await _admin.KeyAsync("default", "read")).Id);
        }

        await _admin.ConnectedAsync("fixed");
        var api = new DescribedApi(await _admin.GetStringAsync(new Uri("api/openapi.json", UriKind.Relative)));
        var operation = (await (await _admin.PostAsync("api/instances/fixed/reconnect")).JsonAsync()).GetProperty("id").GetString()!;
        var names = new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["instances/name"] = ["fixed", "made", "made", "files", "none"],
            ["credentials/name"] = ["crm", "crm", "new", "none"],
            ["connectors/id"] = ["demo", "custom_connector", "custom_connector", "sqlite", "acme%2Fcustom_connector", "none"],
            ["operations/id"] = [operation, "none"],
            ["packages/id"] = ["sqlite", "none"],
            ["version"] = ["1.0.0", "2.0.0", "1.1.0"],
            ["org"] = ["default", "acme", "made-1", "none"],
            ["keyId"] = [.. throwaway, "none"],
            ["action"] = ["echo", "time", "slow", "query", "none"],
            ["category"] = ["Made.For.Test", "PluginRuntime.Management", "none"],
        };
        var generator = new RequestGenerator(api, Seed, names, _bodies, [.. _keys.Keys]);
        var (wrong, counts) = (new ConcurrentQueue<(string Kind, string Text)>(), new ConcurrentDictionary<string, int>());
        var succeeded = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        for (var from = 0; from < count; from += Restored)
        {
            await Parallel.ForAsync(from, Math.Min(from + Restored, count), new ParallelOptions { MaxDegreeOfParallelism = Workers }, async (index, _) =>
            {
                var request = generator.Make(index);
                var answer = await SendAsync(request);
                counts.AddOrUpdate(answer.Status == 0 ? "cut" : $"{answer.Status / 100}xx", 1, (_, before) => before + 1);
                if (request.Operation is not null && answer.Status is >= 200 and < 300)
                {
                    succeeded[request.Operation.Name] = true;
                }

                if (api.WrongWith(request, answer) is { } reason)
                {
                    wrong.Enqueue(($"{request.Operation?.Name} {reason}", $"{reason}\n{request}\n=> {answer}\n"));
                }
            });
            await RestoreAsync();
        }

        output.WriteLine($"seed {Seed}: {string.Join(", ", counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}"))}");
        output.WriteLine($"without a success: {string.Join(", ", api.Operations.Select(one => one.Name).Except(succeeded.Keys))}");
        Assert.True(wrong.IsEmpty, $"{wrong.Count} of {count} answers, with seed {Seed}:\n{string.Join('\n', wrong.DistinctBy(one => one.Kind).Take(MostShown).Select(one => one.Text))}");
        Assert.False(_program.HasExited);
        await ReadyAsync();
        Assert.DoesNotContain("met a bug of the host", _program.Output + _program.Error, StringComparison.Ordinal);
        Assert.Equal(count, counts.Values.Sum());
    }

    private async Task<RawHttp.Answer> SendAsync(GeneratedRequest request)
    {
        var answer = await RawHttp.SendAsync(_program.Url!, request.ToBytes(_program.Url!.Authority, _keys[request.Caller]), request.Method == "HEAD");
        if (Uri.UnescapeDataString(request.Target).Contains("drain", StringComparison.OrdinalIgnoreCase))
        {
            await (await _admin.SendAsync(HttpMethod.Delete, "api/admin/drain")).JsonAsync();
        }

        return answer;
    }

    /// <summary>Brings back what requests may have taken away.</summary>
    private async Task RestoreAsync()
    {
        // A version that was deleted is not given out again.
        await _admin.PostAsync("api/connectors/register", $$"""{"manifest":{{Manifest.Replace("1.0.0", $"1.0.{_restored++}", StringComparison.Ordinal)}}}""");
        await _admin.PutAsync("api/credentials/crm", Credential);
        await _admin.PutAsync("api/instances/made", """{"connector":"demo","pool":{"size":1}}""");
        await _admin.PutAsync("api/instances/files", Files);
        await _admin.PostAsync("api/instances/connect");
    }

    private Task ReadyAsync() => Poll.UntilAsync(
        async () => (await _admin.GetAsync(new Uri("health/ready", UriKind.Relative))).StatusCode == HttpStatusCode.OK, () => $"It is not ready: {_program.Output}{_program.Error}");
}
