using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Host.Tests.Cli;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Packages;

namespace PluginRuntime.Host.Tests.Endpoints;

/// <summary>What an installation, an update and a change of an instance would break. With a host of its own.</summary>
public sealed class DryRunTests : IAsyncLifetime
{
    private const string Calls = "who output /calls: It may be missing now. (required-removed)";

    private readonly LoopbackFeed _feed = new(Probe("1.0.0"));
    private readonly HostDirectory _directory = new();
    private HostProgram _host = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _host = await HostProgram.StartAsync(_directory, SourceSettings.Of(("feed", _feed.Index, "*")), "--no-built-ins");
        _client = _host.Client(_directory);
        await _client.EndOfAsync(await _client.PostAsync("api/packages", """{"id":"probe","version":"^1.0"}"""));
        await _client.ConnectAsync("fed", """{"connector":"probe","version":"^1.0","pool":{"size":1}}""");
        await _client.ConnectAsync("still", """{"connector":"probe","version":"~1.0.0","pool":{"size":1}}""");
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        _host?.Dispose();
        await _feed.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Install_CandidateBreaksCallers_TellsForEachInstanceAndTouchesNothing()
    {
        _feed.Add(Probe("1.1.0", Break));
        var before = Store();

        var plan = await (await _client.PostAsync("api/packages?dryRun=true", """{"id":"probe","version":"^1.0"}""")).JsonAsync();

        Assert.Equal(
            ("1.1.0", false, """["fed"]""", JsonValueKind.Null),
            (Text(plan, "version"), plan.GetProperty("installed").GetBoolean(), plan.GetProperty("instances").GetRawText(), plan.GetProperty("problem").ValueKind));
        var change = Assert.Single(plan.GetProperty("changes").EnumerateArray());
        Assert.Equal(("fed", "1.0.0", "1.1.0"), (Text(change, "instance"), Text(change, "from"), Text(change, "to")));
        Assert.Equal(
            [
                """{"action":null,"side":"settings","pointer":"/label","kind":"property-removed","isCertain":true,"detail":"It is no longer accepted."}""",
                """{"action":"who","side":"output","pointer":"/calls","kind":"required-removed","isCertain":true,"detail":"It may be missing now."}""",
                """{"action":"sleep","side":"input","pointer":"/milliseconds","kind":"bound-tightened","isCertain":true,"detail":"minimum 1 is demanded now."}""",
                """{"action":"deaf","side":"input","pointer":"","kind":"action-removed","isCertain":true,"detail":"The action is gone."}""",
            ],
            change.GetProperty("breaks").EnumerateArray().Select(found => found.GetRawText()));

        var run = await RunAsync("install", "probe", "^1.0", "--dry-run");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            [
                "version    probe 1.1.0", "source     feed", "installed  not yet", "instances  would go to it: fed", "swap       fed: 1.0.0 → 1.1.0",
                "breaks     settings /label: It is no longer accepted. (property-removed)", $"breaks     {Calls}",
                "breaks     sleep input /milliseconds: minimum 1 is demanded now. (bound-tightened)", "breaks     deaf input: The action is gone. (action-removed)",
            ],
            Lines(run));

        run = await RunAsync("update", "--dry-run");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(["install    probe 1.1.0 from feed", "swap       fed: 1.0.0 → 1.1.0"], Lines(run)[..2]);
        Assert.Contains($"breaks     {Calls}", Lines(run));
        run = await RunAsync("update", "fed", "--dry-run", "--json");
        Assert.Equal(4, JsonElement.Parse(run.Output).GetProperty("items")[0].GetProperty("changes")[0].GetProperty("breaks").GetArrayLength());
        run = await RunAsync("update", "still", "--dry-run");
        Assert.Equal(new CliRun(0, "Nothing would change." + Environment.NewLine, ""), run);

        Assert.Equal(before, Store());
        Assert.Equal("1.0.0", await VersionAsync());
        Assert.Equal("1.0.0", Text(Assert.Single((await _client.GetJsonAsync("api/packages")).GetProperty("items").EnumerateArray()), "version"));
        var contexts = (await _client.GetJsonAsync("api/connectors/probe/contexts")).GetProperty("items").EnumerateArray().Select(context => Text(context, "version"));
        Assert.Equal(["1.0.0"], contexts.Distinct());
    }

    [Fact]
    public async Task Install_CandidateWouldBeRefused_TellsWhy()
    {
        _feed.Add(Probe("1.1.0"));
        _feed.Add(Probe("1.2.0", manifest => manifest["version"] = "1.2.1"));
        var before = Store();

        var run = await RunAsync("install", "probe", "^1.0", "--dry-run");
        Assert.Equal((1, "probe 1.2.0: its manifest says that it is probe 1.2.1. (package.identity)" + Environment.NewLine), (run.ExitCode, run.Error));
        Assert.Equal(["version    probe 1.2.0", "source     feed", "installed  not yet", "instances  none would go to it"], Lines(run));

        run = await RunAsync("update", "--dry-run");
        Assert.Equal((1, "probe 1.2.0: its manifest says that it is probe 1.2.1. (package.identity)" + Environment.NewLine), (run.ExitCode, run.Error));
        Assert.Equal(["install    probe 1.1.0 from feed", "swap       fed: 1.0.0 → 1.1.0, breaks nothing"], Lines(run));

        Assert.Equal(before, Store());
    }

    [Fact]
    public async Task Put_RangeWouldLeadToAnotherVersion_TellsWhatBreaks()
    {
        _feed.Add(Probe("1.1.0", Break));
        await _client.EndOfAsync(await _client.PostAsync("api/packages", """{"id":"probe","version":"1.1"}"""));
        await _client.EndOfAsync(await _client.PostAsync("api/packages/poll"));
        Assert.Equal("1.0.0", await VersionAsync("still"));

        var plan = await (await _client.PutAsync("api/instances/still?dryRun=true", """{"connector":"probe","version":"^1.0","pool":{"size":1}}""")).JsonAsync();
        var swap = plan.GetProperty("swap");
        Assert.Equal(("still", "1.0.0", "1.1.0", 4), (Text(swap, "instance"), Text(swap, "from"), Text(swap, "to"), swap.GetProperty("breaks").GetArrayLength()));

        plan = await (await _client.PutAsync("api/instances/still?dryRun=true", """{"connector":"probe","version":"~1.0.0","pool":{"size":2}}""")).JsonAsync();
        Assert.Equal(("update", JsonValueKind.Null), (Text(plan, "change"), plan.GetProperty("swap").ValueKind));
        Assert.Equal("1.0.0", await VersionAsync("still"));
    }

    private static byte[] Probe(string version, Action<JsonObject>? change = null) => TestPackages.Connector(ConnectorFolder.Probe, new() { Version = version, Manifest = change });

    private static void Break(JsonObject manifest)
    {
        manifest["settingsSchema"]!["properties"]!.AsObject().Remove("label");
        var actions = manifest["actions"]!.AsArray();
        var required = Named(actions, "who")["outputSchema"]!["required"]!.AsArray();
        required.Remove(required.Single(name => (string?)name == "calls"));
        Named(actions, "sleep")["inputSchema"]!["properties"]!["milliseconds"]!["minimum"] = 1;
        actions.Remove(Named(actions, "deaf"));
    }

    private static JsonNode Named(JsonArray actions, string id) => actions.Single(action => (string?)action!["id"] == id)!;

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string[] Lines(CliRun run) => run.Output.TrimEnd().Split(Environment.NewLine);

    private async Task<string> VersionAsync(string instance = "fed") =>
        Text((await _client.GetJsonAsync($"api/instances/{instance}")).GetProperty("status").GetProperty("generation"), "version");

    private Task<CliRun> RunAsync(params string[] arguments) =>
        CliRun.OfAsync([.. arguments, "--url", _host.Url!.ToString(), "--key", File.ReadAllText(_directory.KeyFile).Trim()]);

    private string[] Store() => [.. Directory.GetFileSystemEntries(Path.Combine(_directory.Data, "store"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
