using System.Text.Json;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Host.Tests.Cli;

public sealed class PackCommandTests(SourceCopy sources) : IClassFixture<SourceCopy>
{
    [Fact]
    public async Task Pack_Connector_PutsOnePackageAndTellsOfIt()
    {
        var output = sources.In("out");

        var run = await CliRun.OfAsync("pack", sources.In("plugins/Demo"), "--output", output, "--version", "1.2.0", "--json");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var answer = JsonElement.Parse(run.Output);
        var package = Path.Combine(output, "demo.1.2.0.nupkg");
        Assert.Equal((package, "demo", "1.2.0"), (Text("package"), Text("id"), Text("version")));
        Assert.Equal(["echo", "time", "slow"], answer.GetProperty("actions").EnumerateArray().Select(action => action.GetString()));
        Assert.Equal([package], Directory.GetFileSystemEntries(output));

        string Text(string name) => answer.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task Pack_DoesNotCompile_TellsEachErrorOnce()
    {
        sources.Write("plugins/Broken/Broken.csproj", """<Project Sdk="Microsoft.NET.Sdk" />""");
        sources.Write("plugins/Broken/Broken.cs", "namespace Broken; public class Broken : Missing;");
        var output = sources.In("broken-out");

        var run = await CliRun.OfAsync("pack", sources.In("plugins/Broken"), "--output", output);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        var lines = run.Error.TrimEnd().Split(Environment.NewLine);
        Assert.Equal("dotnet pack ended with 1.", lines[0]);
        Assert.Contains("error CS0246: ", Assert.Single(lines[1..]), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(output));
    }

    [Theory]
    [InlineData(1, "There is no project /nowhere/at/all.", "/nowhere/at/all")]
    [InlineData(2, "'1.2' is not a SemVer 2.0.0 version", "--version", "1.2")]
    public async Task Pack_Impossible_TellsWhy(int exitCode, string sentence, params string[] arguments)
    {
        var run = await CliRun.OfAsync(["pack", .. arguments]);

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Output));
        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
    }

    [LongFact]
    public async Task Pack_NoConnector_IsRefusedAndNotLeftBehind()
    {
        var output = sources.In("sdk-out");

        var run = await CliRun.OfAsync("pack", sources.In("sdk/PluginRuntime.Sdk"), "--output", output);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("holds no connector.json. Does its project refer to PluginRuntime.Sdk?", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(output));
    }
}
