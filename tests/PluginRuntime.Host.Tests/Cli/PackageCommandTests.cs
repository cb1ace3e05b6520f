using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Cli;

[Collection(SourcesHost.Name)]
public sealed class PackageCommandTests(SourcesHost host)
{
    [Fact]
    public async Task Search_Text_PrintsWhatSourcesHaveAndWhichDoNotAnswer()
    {
        var run = await RunAsync("search", "alpha");

        Assert.Equal(
            (0, $"ID          VERSION     SOURCE  INSTALLED  TESTS  DESCRIPTION{Environment.NewLine}made.alpha  2.0.0-beta  feed                      Made by a test.{Environment.NewLine}"),
            (run.ExitCode, run.Output));
        Assert.StartsWith("down: it cannot be reached", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("(source.unreachable)" + Environment.NewLine, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Search_Json_HasItemsAndProblems()
    {
        var run = await RunAsync("search", "--json");

        var answer = JsonElement.Parse(run.Output);
        Assert.Equal((0, "", 3, 1), (run.ExitCode, run.Error, answer.GetProperty("items").GetArrayLength(), answer.GetProperty("problems").GetArrayLength()));
    }

    [Fact]
    public async Task InstallThenRemove_OfFeed_IsThereAndGone()
    {
        var run = await RunAsync("install", "made.beta");
        Assert.Equal(new CliRun(0, "made.beta 1.0.0 is installed, from feed." + Environment.NewLine, ""), run);

        run = await RunAsync("install", "made.beta", "^1.0", "--json");
        Assert.Equal(new CliRun(0, """{"id":"made.beta","version":"1.0.0","source":"feed"}""" + Environment.NewLine, ""), run);

        run = await RunAsync("install", "made.beta", "--dry-run");
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            ["version    made.beta 1.0.0", "source     feed", "installed  already", "instances  none would go to it"], run.Output.TrimEnd().Split(Environment.NewLine));

        run = await RunAsync("remove", "made.beta", "1.0.0");
        Assert.Equal(new CliRun(0, "made.beta 1.0.0 was removed." + Environment.NewLine, ""), run);

        run = await RunAsync("remove", "made.beta", "1.0.0", "--json");
        Assert.Equal(new CliRun(1, "", "made.beta 1.0.0 is not installed. (package.unknown)" + Environment.NewLine), run);
    }

    [Theory]
    [InlineData(1, "none of the sources has it: feed. (package.unknown)", "install", "made.none")]
    [InlineData(1, "(source.unreachable)", "install", "gone.one")]
    [InlineData(1, "(package.unmatched)", "install", "made.alpha", "^7", "--dry-run")]
    [InlineData(2, "'Made.Alpha' is no id of a connector", "install", "Made.Alpha")]
    [InlineData(2, "is not a version range", "install", "made.alpha", "one")]
    [InlineData(1, "(version.invalid)", "remove", "made.alpha", "1")]
    [InlineData(1, "(instance.unknown)", "rollback", "nobody")]
    [InlineData(1, "(instance.unknown)", "update", "nobody")]
    [InlineData(1, "(instance.unknown)", "update", "nobody", "--dry-run")]
    public async Task Run_Impossible_TellsWhy(int expected, string sentence, params string[] arguments)
    {
        var run = await RunAsync(arguments);

        Assert.Equal((expected, ""), (run.ExitCode, run.Output));
        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("search")]
    [InlineData("install", "made.alpha")]
    [InlineData("remove", "made.alpha", "1.0.0")]
    [InlineData("update")]
    [InlineData("rollback", "nobody")]
    public async Task Run_NoHost_IsWrongUsage(params string[] arguments) =>
        Assert.Equal(
            new CliRun(2, "", "Give the address of a running host by --url or CONNECTOR_URL." + Environment.NewLine), await CliRun.OfAsync(arguments));

    private Task<CliRun> RunAsync(params string[] arguments) => CliRun.OfAsync([.. arguments, "--url", host.Url, "--key", host.Key]);
}
