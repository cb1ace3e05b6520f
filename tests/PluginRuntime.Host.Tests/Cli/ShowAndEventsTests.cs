using System.CommandLine;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Cli;

[Collection(RunningHost.Name)]
public sealed class ShowAndEventsTests(RunningHost host)
{
    private string Url => host.Program.Url!.ToString();

    [Fact]
    public async Task Show_Instance_TellsHowItStandsWithoutSecrets()
    {
        await host.Client.ConnectedAsync("fixed");

        var (exitCode, output, error) = await RunAsync("show", "fixed", "--url", Url, "--key", host.Key);

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("instance      fixed", output, StringComparison.Ordinal);
        Assert.Contains("state         connected", output, StringComparison.Ordinal);
        Assert.Contains("health        healthy", output, StringComparison.Ordinal);
        Assert.Contains("runs          demo 1.0.0, generation ", output, StringComparison.Ordinal);
        Assert.Contains(" of 1", output, StringComparison.Ordinal);
        Assert.Contains("\"connector\": \"demo\"", output, StringComparison.Ordinal);

        (exitCode, output, _) = await RunAsync("show", "misspelt", "--url", Url, "--key", host.Key);
        Assert.Equal(0, exitCode);
        Assert.Contains("(config.invalid)", output, StringComparison.Ordinal);
        Assert.DoesNotContain("open-sesame", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_NameOfBoth_TakesTheInstanceAndSaysSo()
    {
        var (exitCode, output, error) = await RunAsync("show", "demo", "--url", Url, "--key", host.Key);
        Assert.Equal(0, exitCode);
        Assert.Contains("instance      demo", output, StringComparison.Ordinal);
        Assert.Equal("There is a connector 'demo' as well: --connector shows it." + Environment.NewLine, error);

        (exitCode, output, error) = await RunAsync("show", "demo", "--connector", "--url", Url, "--key", host.Key);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("connector     demo", output, StringComparison.Ordinal);
        Assert.Contains("origin        built-in", output, StringComparison.Ordinal);
        Assert.Contains("action        echo", output, StringComparison.Ordinal);

        (exitCode, output, _) = await RunAsync("show", "sqlite", "--json", "--url", Url, "--key", host.Key);
        Assert.Equal((0, "sqlite"), (exitCode, JsonElement.Parse(output).GetProperty("id").GetString()));
    }

    [Fact]
    public async Task Show_Neither_Fails()
    {
        var run = await RunAsync("show", "nobody", "--url", Url, "--key", host.Key);

        Assert.Equal((1, "", "There is no instance and no connector 'nobody'." + Environment.NewLine), run);
    }

    [Fact]
    public async Task Events_OfAnInstance_AreALineEach()
    {
        await host.Client.ConnectedAsync("fixed");

        var (exitCode, output, error) = await RunAsync("events", "--instance", "fixed", "--url", Url, "--key", host.Key);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains(output.Split(Environment.NewLine), line => line.Contains("instance.published    fixed", StringComparison.Ordinal));

        (exitCode, output, _) = await RunAsync("events", "--instance", "fixed", "--limit", "2", "--json", "--url", Url, "--key", host.Key);
        Assert.Equal(0, exitCode);
        var lines = output.TrimEnd().Split(Environment.NewLine);
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Equal("fixed", JsonElement.Parse(line).GetProperty("instance").GetString()));
    }

    [Fact]
    public async Task Events_Follow_GoesOnUntilItIsCancelled()
    {
        using var output = new SignallingWriter("Follow-me");
        using var error = new StringWriter();
        using var cancelled = new CancellationTokenSource();
        var running = PluginRuntime.Cli.Program.RunAsync(
            ["events", "--follow", "--url", Url, "--key", host.Key],
            TextReader.Null,
            new InvocationConfiguration { Output = output, Error = error },
            cancelled.Token);
        await Poll.UntilAsync(() => output.ToString().Length > 0, () => "Nothing is printed.");

        await (await host.Client.PutAsync("api/logging/Follow-me", """{"level":"Debug","for":"1m"}""")).JsonAsync();
        await output.Seen;
        await cancelled.CancelAsync();

        Assert.Equal(0, await running);
        Assert.Equal("", error.ToString());
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await PluginRuntime.Cli.Program.RunAsync(
            arguments, TextReader.Null, new InvocationConfiguration { Output = output, Error = error }, CancellationToken.None);
        return (exitCode, output.ToString(), error.ToString());
    }

    private sealed class SignallingWriter(string awaited) : StringWriter
    {
        private readonly TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task Seen => _seen.Task;

        public override Task WriteLineAsync(string? value)
        {
            if (value?.Contains(awaited, StringComparison.Ordinal) == true)
            {
                _seen.TrySetResult();
            }

            return base.WriteLineAsync(value);
        }
    }
}
