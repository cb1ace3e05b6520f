using System.CommandLine;
using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Cli;

[Collection(RunningHost.Name)]
public sealed class HostCommandTests(RunningHost host)
{
    private string Url => host.Program.Url!.ToString();

    [Fact]
    public async Task List_OfHost_PrintsWhatItHas()
    {
        var (exitCode, output, error) = await RunAsync("", "list", "--url", Url, "--key", host.Key);

        Assert.Equal((0, ""), (exitCode, error));
        var lines = output.TrimEnd().Split(Environment.NewLine);
        Assert.Equal("ID        VERSION  NAME        ORIGIN    ACTIONS", lines[0]);
        Assert.Equal("demo      1.0.0    Demo        built-in  echo, time, slow", lines[1]);
        Assert.Equal(10, lines.Length);
    }

    [Fact]
    public async Task List_OfFolder_ReadsManifestsAlone()
    {
        var (exitCode, output, error) = await RunAsync("", "list", "--plugins", host.Directory.Drop, "--json");

        Assert.Equal((0, ""), (exitCode, error));
        var item = Assert.Single(JsonElement.Parse(output).GetProperty("items").EnumerateArray());
        Assert.Equal("stubborn", item.GetProperty("id").GetString());
    }

    [Theory]
    [InlineData(1, "There is no folder", "list", "--plugins", "/nowhere/at/all")]
    [InlineData(2, "Give --url or --plugins, not both.", "list", "--plugins", "x", "--url", "http://127.0.0.1:1")]
    [InlineData(2, "'nowhere' is no address of a host", "list", "--url", "nowhere")]
    [InlineData(1, "does not answer", "list", "--url", "http://127.0.0.1:1")]
    [InlineData(2, "A call needs a running host", "call", "demo", "echo")]
    [InlineData(2, "Give the address of a running host", "list")]
    [InlineData(2, "is no name of an instance, connector or action", "call", "..", "echo", "--url", "http://127.0.0.1:1")]
    public async Task Run_Impossible_TellsWhy(int expected, string sentence, params string[] arguments)
    {
        var (exitCode, output, error) = await RunAsync("", arguments);

        Assert.Equal((expected, ""), (exitCode, output));
        Assert.Contains(sentence, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"a\":1}", "", "{\"a\":1}")]
    [InlineData("-", "[2]", "[2]")]
    public async Task Call_Echo_PrintsItsOutput(string argument, string input, string expected)
    {
        await host.Client.ConnectedAsync("fixed");

        var run = await RunAsync(input, "call", "fixed", "echo", argument, "--url", Url, "--key", host.Key);

        Assert.Equal((0, expected + Environment.NewLine, ""), run);
    }

    [Fact]
    public async Task Call_Fails_TellsTheProblemWithItsCode()
    {
        await host.Client.ConnectedAsync("fixed");

        var (exitCode, output, error) = await RunAsync("", "call", "fixed", "slow", """{"milliseconds":-1}""", "--url", Url, "--key", host.Key);
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Contains("(input.invalid)", error, StringComparison.Ordinal);
        Assert.Contains("/milliseconds: ", error, StringComparison.Ordinal);

        (exitCode, _, error) = await RunAsync("", "call", "fixed", "echo", "--url", Url, "--key", "wrong");
        Assert.Equal(1, exitCode);
        Assert.Equal("The key is not valid. (auth.invalid)" + Environment.NewLine, error);
    }

    [Fact]
    public async Task KeyReset_WhileTheHostRuns_ReplacesTheKey()
    {
        using var directory = new HostDirectory();
        using var own = await HostProgram.StartAsync(directory);
        using var before = own.Client(directory);

        var (exitCode, output, error) = await RunAsync("", "key", "reset", "--data", directory.Data);

        Assert.Equal((0, $"The new admin key is in {directory.KeyFile}.{Environment.NewLine}", ""), (exitCode, output, error));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.KeyFile));
        using var after = own.Client(directory);
        Assert.Equal(HttpStatusCode.OK, (await after.SendAsync(HttpMethod.Get, "api/instances")).StatusCode);
        await Poll.UntilAsync(
            async () => (await before.SendAsync(HttpMethod.Get, "api/instances")).StatusCode == HttpStatusCode.Unauthorized, () => "The old key still works.");
    }

    [Fact]
    public async Task KeyReset_NoDataDirectory_Fails()
    {
        using var directory = new HostDirectory();

        var (exitCode, _, error) = await RunAsync("", "key", "reset", "--data", directory.Path);

        Assert.Equal(1, exitCode);
        Assert.Contains("is no data directory of a host", error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(directory.Path));
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(string input, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var reader = new StringReader(input);
        var configuration = new InvocationConfiguration { Output = output, Error = error };
        var exitCode = await PluginRuntime.Cli.Program.RunAsync(arguments, reader, configuration, CancellationToken.None);
        return (exitCode, output.ToString(), error.ToString());
    }
}
