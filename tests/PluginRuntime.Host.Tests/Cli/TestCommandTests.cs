using System.Text.Json;
using System.Xml.Linq;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Host.Tests.Cli;

[Collection(SharedSources.Name)]
public sealed class TestCommandTests(SourceCopy sources)
{
    private static readonly string _demo = Repository.OutputOf("plugins/Demo");

    [Fact]
    public async Task Test_GoodConnector_PassesAndSaysSo()
    {
        var run = await CliRun.OfProcessAsync("test", _demo, "--with", sources.In("plugins/Demo/connector.test.json"), "--cycles", "2");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.StartsWith("demo ", run.Output, StringComparison.Ordinal);
        Assert.EndsWith($" 0 failed, 3 skipped{Environment.NewLine}", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Test_WithFinding_FailsAndReportsInEachFormat()
    {
        // Nothing says how to call its action that is not idempotent.
        var json = await CliRun.OfProcessAsync("test", _demo, "--json", "--cycles", "1");
        var file = sources.In("report.xml");
        var junit = await CliRun.OfProcessAsync("test", _demo, "--report", "junit", "--output", file, "--cycles", "1");

        Assert.Equal((1, 1, ""), (json.ExitCode, junit.ExitCode, junit.Output));
        var report = JsonElement.Parse(json.Output);
        Assert.Equal(("demo", false), (report.GetProperty("connector").GetString(), report.GetProperty("passed").GetBoolean()));
        var failed = Assert.Single(report.GetProperty("checks").EnumerateArray(), check => check.GetProperty("outcome").GetString() == "Failed");
        Assert.Equal("action.untested", Assert.Single(failed.GetProperty("findings").EnumerateArray()).GetProperty("code").GetString());
        var suite = XDocument.Load(file).Root!.Element("testsuite")!;
        Assert.Equal(("15", "1"), (suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value));
        Assert.Equal("action.untested", Assert.Single(suite.Descendants("failure")).Attribute("type")!.Value);
    }

    [Fact]
    public async Task Test_ConnectorThatEndsTheProcess_FailsAndSaysSo()
    {
        sources.Write("plugins/Quits/Quits.csproj", """<Project Sdk="Microsoft.NET.Sdk" />""");
        sources.Write("plugins/Quits/Quits.cs", """
            using PluginRuntime.Sdk;
            namespace Quits;
            /// <summary>Quits.</summary>
            [Connector("quits", Description = "Quits.")]
            public sealed class QuitsConnector : Connector<object>
            {
                /// <inheritdoc />
                protected override ValueTask OnInitAsync(CancellationToken cancellationToken) { Environment.Exit(0); return default; }
                /// <inheritdoc />
                protected override ValueTask<object> OpenAsync(CancellationToken cancellationToken) => new(new object());
            }
            """);

        var run = await CliRun.OfProcessAsync("test", sources.In("plugins/Quits"));

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("process.ended: The connector ended the process, with 0. That was in the check after 'version'.", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "There is no connector at /nowhere/at/all: no project, no connector.json, no .nupkg.", "/nowhere/at/all")]
    [InlineData(2, "--cycles is 0, but takes 1 or more.", "--cycles", "0")]
    [InlineData(2, "'yaml'", "--report", "yaml")]
    [InlineData(1, "/nowhere.json cannot be read: ", "--with", "/nowhere.json")]
    public async Task Test_Impossible_TellsWhy(int exitCode, string sentence, params string[] arguments)
    {
        var run = await CliRun.OfProcessAsync(["test", .. arguments[0].StartsWith('-') ? (string[])[_demo] : [], .. arguments]);

        Assert.Equal((exitCode, ""), (run.ExitCode, run.Output));
        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TestFile_WithAnUnknownKey_IsRefusedByName()
    {
        sources.Write("wrong.json", """{ "instance": {}, "examples": [] }""");

        var run = await CliRun.OfProcessAsync("test", _demo, "--with", sources.In("wrong.json"));

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("'examples'", run.Error, StringComparison.Ordinal);
    }
}
