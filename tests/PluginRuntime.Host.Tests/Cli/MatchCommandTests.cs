using System.CommandLine;
using System.Text.Json;
using PluginRuntime.Cli;

namespace PluginRuntime.Host.Tests.Cli;

public sealed class MatchCommandTests
{
    [Fact]
    public async Task Match_VersionsAsArguments_PrintsThoseInRangeLowestFirst()
    {
        var run = await RunAsync("", "match", "^1.2", "1.10.0", "2.0.0", "1.2.0+b.1", "1.9.0-rc", "1.9.0");

        Assert.Equal(Run.Done("1.2.0+b.1", "1.9.0", "1.10.0"), run);
    }

    [Fact]
    public async Task Match_VersionsOnStandardInput_PrintsThoseInRangeLowestFirst()
    {
        var run = await RunAsync("1.10.0\r\n\n2.0.0\n1.2.0", "match", "[1.0,2.0)");

        Assert.Equal(Run.Done("1.2.0", "1.10.0"), run);
    }

    [Fact]
    public async Task Match_ArgumentsAndStandardInput_TakesTheArguments()
        => Assert.Equal(Run.Done("1.0.0"), await RunAsync("1.1.0", "match", ">=1 <2", "1.0.0"));

    [Theory]
    [InlineData("", "^3", "1.0.0")]
    [InlineData("", "^3")]
    public async Task Match_NothingInRange_PrintsNothing(string input, params string[] arguments)
        => Assert.Equal(Run.Done(), await RunAsync(input, ["match", .. arguments]));

    [Fact]
    public async Task Match_Json_PrintsAnArray()
    {
        var run = await RunAsync("", "match", "--json", "1.x", "1.10.0+b", "1.9.0", "2.0.0");

        Assert.Equal(["1.9.0", "1.10.0+b"], JsonSerializer.Deserialize<string[]>(run.Output)!);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(Run.Done("[]"), await RunAsync("", "match", "9.x", "1.0.0", "--json"));
    }

    [Theory]
    [InlineData("'1.2.3.4' is not a version range: '1.2.3.4' is no version: a version has at most three numbers.", "match", "1.2.3.4", "1.0.0")]
    [InlineData("The version range is empty; write * for any version.", "match", "", "1.0.0")]
    [InlineData("'1.2' is not a SemVer 2.0.0 version: write three numbers, major.minor.patch, as in 1.2.3.", "match", "*", "1.0.0", "1.2")]
    [InlineData("'v9.0.0' is not a SemVer 2.0.0 version: 'v9' is not a number.", "match", "*")]
    [InlineData("'@file' is not a version range: '@file' is no version: '@file' is not a number.", "match", "@file", "1.0.0")]
    public async Task Match_InvalidText_SaysSoAndEndsWithTwo(string sentence, params string[] arguments)
    {
        var run = await RunAsync("1.0.0\nv9.0.0\n", arguments);

        Assert.Equal(new Run(2, "", sentence + Environment.NewLine), run);
    }

    [Theory]
    [InlineData]
    [InlineData("match")]
    [InlineData("mtach", "*")]
    [InlineData("--unknown")]
    [InlineData("match", "--unknown")]
    [InlineData("match", "*", "1.0.0", "--unknown")]
    [InlineData("match", "*", "1.0.0", "--json=maybe")]
    public async Task Run_WrongUsage_EndsWithTwoAndPrintsNothing(params string[] arguments)
    {
        var run = await RunAsync("", arguments);

        Assert.Equal(2, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.NotEqual("", run.Error);
    }

    [Fact]
    public async Task Match_Help_ShowsTheArguments()
    {
        var run = await RunAsync("", "match", "--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("RANGE", run.Output, StringComparison.Ordinal);
        Assert.Contains("--json", run.Output, StringComparison.Ordinal);
    }

    private static async Task<Run> RunAsync(string input, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var reader = new StringReader(input);
        var configuration = new InvocationConfiguration { Output = output, Error = error };
        var exitCode = await PluginRuntime.Cli.Program.RunAsync(arguments, reader, configuration, CancellationToken.None);
        return new Run(exitCode, output.ToString(), error.ToString());
    }

    private sealed record Run(int ExitCode, string Output, string Error)
    {
        public static Run Done(params string[] lines) => new(0, string.Concat(lines.Select(line => line + Environment.NewLine)), "");
    }
}
