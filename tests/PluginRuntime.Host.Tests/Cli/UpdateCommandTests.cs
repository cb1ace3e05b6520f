using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Packages;

namespace PluginRuntime.Host.Tests.Cli;

/// <summary>The way of an instance through versions from a feed. With a host of its own.</summary>
public sealed class UpdateCommandTests : IAsyncDisposable
{
    private readonly LoopbackFeed _feed = new(
        Probe("1.0.0"), TestPackages.Library(new() { Id = "Maths", Version = "1.2.0", Entries = [("lib/net10.0/_._", [])] }));

    private readonly HostDirectory _directory = new();

    [Fact]
    public async Task Update_HigherVersionIsPublished_InstallsItSwapsAndGoesBack()
    {
        using var host = await HostProgram.StartAsync(_directory, SourceSettings.Of(("feed", _feed.Index, "*")));
        using var client = host.Client(_directory);
        Task<CliRun> RunAsync(params string[] arguments) => CliRun.OfAsync([.. arguments, "--url", host.Url!.ToString(), "--key", File.ReadAllText(_directory.KeyFile).Trim()]);
        var run = await RunAsync("install", "probe");
        Assert.Equal(new CliRun(0, "probe 1.0.0 is installed, from feed." + Environment.NewLine, ""), run);
        await client.ConnectAsync("fed", """{"connector":"probe","version":"^1.0","pool":{"size":1},"bake":{"time":"1s"}}""");

        run = await RunAsync("update");
        Assert.Equal(new CliRun(0, "Nothing changed." + Environment.NewLine, ""), run);
        run = await RunAsync("remove", "probe", "1.0.0");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("probe 1.0.0 is in use: fed.", run.Error, StringComparison.Ordinal);
        Assert.Contains("(package.in-use)", run.Error, StringComparison.Ordinal);

        _feed.Add(Probe("1.1.0"));
        run = await RunAsync("install", "probe", "--dry-run");
        Assert.Equal(
            ["version    probe 1.1.0", "source     feed", "installed  not yet", "instances  would go to it: fed", "swap       fed: 1.0.0 → 1.1.0, breaks nothing"],
            run.Output.TrimEnd().Split(Environment.NewLine));
        run = await RunAsync("update", "fed");
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        Assert.Equal(["installed  probe 1.1.0 from feed", "swapped    fed: 1.0.0 → 1.1.0"], run.Output.TrimEnd().Split(Environment.NewLine));

        run = await RunAsync("why", "fed");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var lines = run.Output.TrimEnd().Split(Environment.NewLine);
        Assert.Contains("installed     1.1.0 from feed", lines);
        Assert.Contains("because       fed takes ^1.0 and runs it", lines);
        Assert.Contains("because       fed takes ^1.0 and would go back to it", lines);
        Assert.Contains("needs         Maths 1.2.0", lines);
        run = await RunAsync("why", "fed", "--json");
        var packages = JsonElement.Parse(run.Output).GetProperty("packages").EnumerateArray().Select(package => package.GetProperty("version").GetString());
        Assert.Equal(["1.0.0", "1.1.0"], packages);

        run = await RunAsync("rollback", "fed");
        Assert.Equal(new CliRun(0, "fed: 1.1.0 → 1.0.0. It stays there until its quarantine is cleared." + Environment.NewLine, ""), run);
        run = await RunAsync("install", "probe", "--dry-run", "--json");
        Assert.Equal("""{"id":"probe","version":"1.1.0","source":"feed","installed":true,"instances":[],"changes":[],"problem":null}""" + Environment.NewLine, run.Output);
        run = await RunAsync("rollback", "demo", "--json");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("(rollback.impossible)", run.Error, StringComparison.Ordinal);

        _feed.Fault = FeedFault.Status(401);
        run = await RunAsync("update", "--json");
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("failed", JsonElement.Parse(run.Output).GetProperty("operation").GetProperty("status").GetString());
        Assert.Contains("(source.unauthorized)", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_NoSources_Fails()
    {
        using var host = await HostProgram.StartAsync(_directory);

        var run = await CliRun.OfAsync("update", "--url", host.Url!.ToString(), "--key", (await File.ReadAllTextAsync(_directory.KeyFile)).Trim());

        Assert.Equal(new CliRun(1, "Nothing changed." + Environment.NewLine, "No source of packages is configured. (source.none)" + Environment.NewLine), run);
    }

    public async ValueTask DisposeAsync()
    {
        await _feed.DisposeAsync();
        _directory.Dispose();
    }

    private static byte[] Probe(string version) =>
        TestPackages.Connector(ConnectorFolder.Probe, new() { Version = version, Dependencies = [("Maths", "[1.0.0, )")] });
}
