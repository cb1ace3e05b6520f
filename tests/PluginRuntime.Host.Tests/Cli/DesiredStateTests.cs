using System.Text.Json.Nodes;
using PluginRuntime.Cli;
using PluginRuntime.Cli.Desired;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Host.Tests.Secrets;

namespace PluginRuntime.Host.Tests.Cli;

/// <summary>What one host wants, brought to another as a file.</summary>
public sealed class DesiredStateTests : IAsyncLifetime
{
    private const string Variable = "DESIRED_STATE_TOKEN";
    private const string Weather = """{"manifestVersion":1,"id":"weather","name":"Weather","version":"1.0.0","auth":{"type":"none"},"actions":[{"id":"now","name":"Now","http":{"method":"GET","path":"/now"}}],"http":{"baseUrl":"http://127.0.0.1:1"}}""";

    private readonly HostDirectory _one = new HostDirectory().WithDrop();
    private readonly HostDirectory _two = new HostDirectory().WithDrop();
    private readonly Canary _token = Canary.InHeader("Token");
    private readonly Canary _setting = Canary.Of("Setting");
    private HostProgram _a = null!;
    private HostProgram _b = null!;
    private HttpClient _clientOfA = null!;
    private HttpClient _clientOfB = null!;

    private string StateFile => Path.Combine(_one.Path, "desired.json");

    public async Task InitializeAsync()
    {
        foreach (var directory in new[] { _one, _two })
        {
            ConnectorFolder.Drop(ConnectorFolder.Stubborn, directory.Drop, "stubborn");
            await File.WriteAllTextAsync(directory.ConfigFile, """{"instances":{"fixed":{"connector":"demo","enabled":false}}}""");
        }

        (_a, _b) = (await HostProgram.StartAsync(_one), await HostProgram.StartAsync(_two));
        (_clientOfA, _clientOfB) = (_a.Client(_one), _b.Client(_two));
        foreach (var version in new[] { "1.0.0", "1.10.0", "1.9.0" }.Order(Comparer<string>.Create((one, other) => Version.Parse(one).CompareTo(Version.Parse(other)))))
        {
            var body = $$"""{"manifest":{{Weather.Replace("1.0.0", version, StringComparison.Ordinal)}}}""";
            await (version == "1.0.0" ? await _clientOfA.PostAsync("api/connectors/register", body) : await _clientOfA.PutAsync("api/connectors/weather", body)).JsonAsync();
        }

        await (await _clientOfA.PutAsync("api/connectors/weather/sharing", """{"orgs":["beta","acme"]}""")).JsonAsync();
        await (await _clientOfA.PutAsync("api/credentials/crm", $$$"""{"type":"bearer","token":{{{_token.Json}}},"connectors":["http"],"hosts":["127.0.0.1"]}""")).JsonAsync();
        await (await _clientOfA.PutAsync("api/instances/calls", """{"connector":"http","settings":{"baseUrl":"http://127.0.0.1:1"},"credentials":"crm"}""")).JsonAsync();
        await (await _clientOfA.PutAsync("api/instances/forecast", """{"connector":"weather","version":"^1.9","enabled":false}""")).JsonAsync();
        await (await _clientOfA.PutAsync("api/instances/orders", $$$"""{"connector":"stubborn","pool":{"size":2},"settings":{"password":{{{_setting.Json}}} } }""")).JsonAsync();
    }

    public Task DisposeAsync()
    {
        _clientOfA?.Dispose();
        _clientOfB?.Dispose();
        _a?.Dispose();
        _b?.Dispose();
        _one.Dispose();
        _two.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Apply_OfAnExport_MakesTheOtherHostTheSame()
    {
        var exported = await ExportAsync(_a, _one);
        var evidence = new Evidence();
        evidence.Add("export", exported);
        Assert.Equal([], new[] { _token, _setting }.SelectMany(evidence.Find));
        Assert.True(evidence.Has("export", Canary.Known("http://127.0.0.1:1", "nobody")));
        var shape = JsonNode.Parse(exported)!;
        Assert.Equal(["weather 1.0.0", "weather 1.9.0", "weather 1.10.0"], shape["connectors"]!.AsArray().Select(connector => $"{connector!["id"]} {connector["version"]}"));
        Assert.Equal("""{"weather":["acme","beta"]}""", shape["sharing"]!.ToJsonString());
        Assert.Equal(["calls", "demo", "forecast", "orders"], shape["instances"]!.AsObject().Select(instance => instance.Key));

        // As it is, it has secrets that the other host cannot know.
        await File.WriteAllTextAsync(StateFile, exported);
        var refused = await OfBAsync("apply", "-f", StateFile);
        Assert.Equal(1, refused.ExitCode);
        Assert.Equal(
            "credential crm: It is not there yet, so there is no secret to keep at /token; give it.\ninstance orders: It is not there yet, so there is no secret to keep at /settings/password; give it.\nNothing was changed.\n",
            refused.Error);

        await WithSecretsAsync(exported);
        string[] expected = ["+ connector weather 1.0.0", "+ connector weather 1.9.0", "+ connector weather 1.10.0", "~ sharing weather", "+ credential crm", "+ instance calls", "+ instance forecast", "+ instance orders"];
        Assert.Equal(new(0, Lines(expected), ""), await OfBAsync("apply", "-f", StateFile, "--dry-run"));
        Assert.Equal(new(0, Lines(expected), ""), await OfBAsync("apply", "-f", StateFile));

        Assert.Equal(exported, await ExportAsync(_b, _two));
        await _clientOfB.ConnectedAsync("orders");
        Assert.Equal(_setting.Value, (await (await _clientOfB.PostAsync("api/instances/orders/actions/show", "{}")).JsonAsync()).GetProperty("password").GetString());

        // The second time there is nothing to do, with the secrets or without.
        Assert.Equal(new(0, "", ""), await OfBAsync("apply", "-f", StateFile, "--prune"));
        await File.WriteAllTextAsync(StateFile, exported);
        Assert.Equal(new(0, "", ""), await OfBAsync("diff", "-f", StateFile, "--prune", "--exit-code"));
        Assert.Equal(new(0, "{\"changes\":[]}\n", ""), await OfBAsync("diff", "-f", StateFile, "--json"));
    }

    [Fact]
    public async Task Diff_WhatDrifted_IsShownAndPruned()
    {
        var exported = await ExportAsync(_a, _one);
        await File.WriteAllTextAsync(StateFile, exported);
        await (await _clientOfA.SendAsync(HttpMethod.Patch, "api/instances/orders", Http.Json("""{"pool":{"size":3},"timeout":"9s"}""", "application/merge-patch+json"))).JsonAsync();
        await (await _clientOfA.PutAsync("api/credentials/crm", $$$"""{"type":"bearer","token":{{{_token.Json}}},"connectors":["http"],"hosts":["127.0.0.1","localhost"]}""")).JsonAsync();
        await (await _clientOfA.PutAsync("api/credentials/extra", $$$"""{"type":"bearer","token":{{{_setting.Json}}},"connectors":["http"],"hosts":["127.0.0.1"]}""".Replace("é", "e", StringComparison.Ordinal).Replace("\\u00E9", "e", StringComparison.Ordinal))).JsonAsync();
        await (await _clientOfA.PostAsync("api/connectors/register", $$"""{"manifest":{{Weather.Replace("\"weather\"", "\"other\"", StringComparison.Ordinal)}}}""")).JsonAsync();
        await (await _clientOfA.PutAsync("api/connectors/weather/sharing", """{"orgs":["acme"]}""")).JsonAsync();
        await (await _clientOfA.PutAsync("api/instances/extra", """{"connector":"http","settings":{"baseUrl":"http://127.0.0.1:1"},"credentials":"extra"}""")).JsonAsync();
        await (await _clientOfA.PutAsync("api/instances/more", """{"connector":"other","enabled":false}""")).JsonAsync();
        await WithSecretsAsync(exported);

        string[] drift = ["~ sharing weather", "~ credential crm  /hosts", "~ instance orders  /pool/size /timeout"];
        string[] surplus = ["- instance extra", "- instance more", "- credential extra", "- connector other"];
        Assert.Equal(new(1, Lines(drift), ""), await OfAAsync("diff", "-f", StateFile, "--exit-code"));
        Assert.Equal(new(0, Lines([.. drift, .. surplus]), ""), await OfAAsync("diff", "-f", StateFile, "--prune"));
        var json = JsonNode.Parse((await OfAAsync("diff", "-f", StateFile, "--json")).Output)!["changes"]![2]!;
        Assert.Equal("""{"change":"update","kind":"instance","name":"orders","pointers":["/pool/size","/timeout"],"done":false}""", json.ToJsonString());

        Assert.Equal(new(0, Lines([.. drift, .. surplus]), ""), await OfAAsync("apply", "-f", StateFile, "--prune"));

        Assert.Equal(exported, await ExportAsync(_a, _one));
    }

    [Fact]
    public async Task Diff_ASecretAlone_ShowsWhereItIsAndNotWhat()
    {
        var other = Canary.InHeader("Rotated");
        await WithSecretsAsync(await ExportAsync(_a, _one), other.Value);

        var run = await OfAAsync("diff", "-f", StateFile);

        Assert.Equal(new(0, Lines("~ credential crm  /token"), ""), run);
        Assert.Equal(run, await OfAAsync("apply", "-f", StateFile));
        Assert.Equal(new(0, "", ""), await OfAAsync("apply", "-f", StateFile));
    }

    [Fact]
    public async Task Apply_SomebodyElseChangesInBetween_IsRefused()
    {
        var exported = JsonNode.Parse(await ExportAsync(_a, _one))!;
        exported["instances"]!["orders"]!["pool"]!["size"] = 5;
        await File.WriteAllTextAsync(StateFile, exported.ToJsonString());
        using var client = new PluginRuntime.Cli.HostClient(_a.Url!, KeyOf(_one));
        var changes = await DesiredPlan.MakeAsync(client, DesiredSecrets.Resolve(await DesiredFile.ReadAsync(StateFile, default), StateFile), isPruned: false, default);
        var change = Assert.Single(changes);

        await (await _clientOfA.SendAsync(HttpMethod.Patch, "api/instances/orders", Http.Json("""{"pool":{"size":4}}""", "application/merge-patch+json"))).JsonAsync();

        Assert.Equal("revision.mismatch", (await Assert.ThrowsAsync<CommandException>(() => change.SendAsync(client, default))).Code);
        Assert.Equal(4, (await _clientOfA.GetJsonAsync("api/instances/orders")).GetProperty("config").GetProperty("pool").GetProperty("size").GetInt32());
    }

    [Fact]
    public async Task Apply_FailsMidway_SaysWhatWasMade()
    {
        await File.WriteAllTextAsync(
            StateFile,
            $$$"""{"connectors":[{{{Weather}}}],"instances":{"a":{"connector":"weather","enabled":false},"b":{"connector":"weather","pool":{"size":0} },"c":{"connector":"weather","enabled":false} } }""");

        var run = await OfBAsync("apply", "-f", StateFile);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(Lines("+ connector weather 1.0.0", "+ instance a"), run.Output);
        Assert.StartsWith("+ instance b: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("  /pool/size: ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("Made: + connector weather 1.0.0, + instance a.\nNot made: + instance b.\nNot tried: + instance c.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_WhatTheHostRefuses_ChangesNothing()
    {
        var changed = Weather.Replace("/now", "/then", StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            StateFile,
            $$$"""{"connectors":[{{{changed}}},{"manifestVersion":1,"id":"new","version":"1.0.0"}],"instances":{"added":{"connector":"demo","enabled":false},"fixed":{"connector":"demo"},"wrong":{"connector":"demo","poool":1} } }""");

        var run = await OfAAsync("apply", "-f", StateFile);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("connector weather 1.0.0: It is registered with another content (/actions/0/http/path). A version never changes: raise its version.\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("connector new 1.0.0: The manifest has errors. (manifest.invalid)\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("(instance.read-only)\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("  /poool: ", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("\nNothing was changed.\n", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("\"added\"", await ExportAsync(_a, _one), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Org_OfTheKeyOrNamed_IsTheOneThatIsChanged()
    {
        await (await _clientOfB.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        var (_, key) = await _clientOfB.KeyAsync("acme", "read", "manage");
        await File.WriteAllTextAsync(StateFile, """{"instances":{"own":{"connector":"demo","enabled":false}}}""");

        Assert.Equal(new(0, Lines("+ instance own"), ""), await OfBAsync("apply", "-f", StateFile, "--org", "acme"));

        var exported = await CliRun.OfAsync("export", "--url", _b.Url!.ToString(), "--key", key);
        Assert.Equal(["own"], JsonNode.Parse(exported.Output)!["instances"]!.AsObject().Select(instance => instance.Key));
        Assert.Equal(exported, await OfBAsync("export", "--org", "acme"));
        Assert.Equal(new(0, "", ""), await CliRun.OfAsync("diff", "-f", StateFile, "--prune", "--exit-code", "--url", _b.Url!.ToString(), "--key", key));
        Assert.Equal(1, (await CliRun.OfAsync("export", "--org", "default", "--url", _b.Url!.ToString(), "--key", key)).ExitCode);

        // What a key may not read is not left out.
        var (_, manages) = await _clientOfB.KeyAsync("acme", "manage");
        var refused = await CliRun.OfAsync("export", "--url", _b.Url!.ToString(), "--key", manages);
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("(auth.forbidden)", refused.Error, StringComparison.Ordinal);
    }

    private async Task<string> ExportAsync(HostProgram host, HostDirectory directory)
    {
        var run = await CliRun.OfAsync("export", "--url", host.Url!.ToString(), "--key", KeyOf(directory));
        Assert.True(run.ExitCode == 0, run.Error);
        var file = Path.Combine(_one.Path, "exported.json");
        Assert.Equal(new(0, "", ""), await CliRun.OfAsync("export", "-f", file, "--url", host.Url!.ToString(), "--key", KeyOf(directory)));
        Assert.Equal(run.Output, await File.ReadAllTextAsync(file));
        return run.Output;
    }

    /// <summary>Writes the file with the places of the secrets, one in the environment and one in a file beside it.</summary>
    private async Task WithSecretsAsync(string exported, string? token = null)
    {
        var state = JsonNode.Parse(exported)!;
        state["credentials"]!["crm"]!["token"] = JsonNode.Parse($$$"""{"$secret":{"env":"{{{Variable}}}"} }""");
        state["instances"]!["orders"]!["settings"]!["password"] = JsonNode.Parse("""{"$secret":{"file":"password"}}""");
        Environment.SetEnvironmentVariable(Variable, token ?? _token.Value);
        await File.WriteAllTextAsync(Path.Combine(_one.Path, "password"), _setting.Value + "\n");
        await File.WriteAllTextAsync(StateFile, state.ToJsonString());
    }

    private Task<CliRun> OfAAsync(params string[] arguments) => CliRun.OfAsync([.. arguments, "--url", _a.Url!.ToString(), "--key", KeyOf(_one)]);

    private Task<CliRun> OfBAsync(params string[] arguments) => CliRun.OfAsync([.. arguments, "--url", _b.Url!.ToString(), "--key", KeyOf(_two)]);

    private static string KeyOf(HostDirectory directory) => File.ReadAllText(directory.KeyFile).Trim();

    private static string Lines(params string[] lines) => string.Concat(lines.Select(line => line + Environment.NewLine));
}
