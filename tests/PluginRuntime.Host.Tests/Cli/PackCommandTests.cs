using System.IO.Compression;
using System.Text.Json;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Host.Tests.Cli;

[Collection(SharedSources.Name)]
public sealed class PackCommandTests(SourceCopy sources)
{
    [Fact]
    public async Task Pack_Connector_PutsOnePackageAndTellsOfIt()
    {
        var output = sources.In("out");

        var run = await CliRun.OfAsync("pack", sources.In("plugins/Demo"), "--output", output, "--version", "1.2.0", "--json", "--no-test");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var answer = JsonElement.Parse(run.Output);
        var package = Path.Combine(output, "demo.1.2.0.nupkg");
        Assert.Equal((package, "demo", "1.2.0"), (Text("package"), Text("id"), Text("version")));
        Assert.Equal(["echo", "time", "slow"], answer.GetProperty("actions").EnumerateArray().Select(action => action.GetString()));
        Assert.Equal([package], Directory.GetFileSystemEntries(output));

        string Text(string name) => answer.GetProperty(name).GetString()!;
    }

    [Fact]
    public async Task Pack_MinorVersionThatBreaksCallers_IsRefusedPropertyByProperty_AMajorOneIsTaken()
    {
        var output = sources.In("versions");
        var project = sources.In("plugins/Demo");
        var source = sources.In("plugins/Demo/DemoJson.cs");
        var before = await File.ReadAllTextAsync(source);
        var first = await CliRun.OfProcessAsync("pack", project, "--output", output, "--version", "1.2.0", "--cycles", "1");

        // Less is accepted than before, and what was answered has another name.
        await File.WriteAllTextAsync(source, before.Replace("Range(0, 60_000)", "Range(0, 10)", StringComparison.Ordinal)
            .Replace("""SlowOutput([property: Description("How long it waited.")] int Milliseconds)""", """SlowOutput([property: Description("How long it waited.")] int Waited)""", StringComparison.Ordinal));
        var minor = await CliRun.OfProcessAsync("pack", project, "--output", output, "--version", "1.3.0", "--cycles", "1");
        var major = await CliRun.OfProcessAsync("pack", project, "--output", output, "--version", "2.0.0", "--cycles", "1");

        Assert.Equal((0, 1, ""), (first.ExitCode, minor.ExitCode, minor.Output));
        var broken = minor.Error.Split(Environment.NewLine).Where(line => line.StartsWith("version.breaks at ", StringComparison.Ordinal)).Select(line => line.Split(' ', ':')[2..4]).ToList();
        Assert.Equal(["slow input/milliseconds", "slow output/milliseconds"], broken.Select(place => string.Join(' ', place)).Distinct());
        Assert.Contains("From 1.2.0 that wants 2.0.0.", minor.Error, StringComparison.Ordinal);
        Assert.Equal(0, major.ExitCode);
        Assert.Equal(["demo.1.2.0.nupkg", "demo.2.0.0.nupkg"], Directory.GetFileSystemEntries(output).Select(Path.GetFileName).Order());
        using var package = ZipFile.OpenRead(Path.Combine(output, "demo.2.0.0.nupkg"));
        using var nuspec = new StreamReader(package.GetEntry("demo.nuspec")!.Open());
        Assert.NotNull(package.GetEntry("conformance.json"));
        Assert.Matches("<tags>auth:none action:echo action:time action:slow conformance:1\\.0\\.0:[0-9]+:0:[0-9]+</tags>", await nuspec.ReadToEndAsync());
    }

    [Fact]
    public async Task Pack_DoesNotCompile_TellsEachErrorOnce()
    {
        sources.Write("plugins/Broken/Broken.csproj", """<Project Sdk="Microsoft.NET.Sdk" />""");
        sources.Write("plugins/Broken/Broken.cs", "namespace Broken; public class Broken : Missing;");
        var output = sources.In("broken-out");

        var run = await CliRun.OfAsync("pack", sources.In("plugins/Broken"), "--output", output, "--no-test");

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

        var run = await CliRun.OfAsync("pack", sources.In("sdk/PluginRuntime.Sdk"), "--output", output, "--no-test");

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("holds no connector.json. Does its project refer to PluginRuntime.Sdk?", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(output));
    }
}
