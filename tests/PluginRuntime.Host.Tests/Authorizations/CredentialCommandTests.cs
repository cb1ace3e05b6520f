using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Authorizations;

/// <summary><c>connector credential</c>, as a process of its own.</summary>
[Collection(RunningHost.Name)]
public sealed class CredentialCommandTests(RunningHost host) : IAsyncLifetime
{
    private AuthorizationServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await AuthorizationServer.StartAsync();
        await (await host.Client.PutAsync("api/credentials/cli", _server.Credential(isPublic: true))).JsonAsync();
    }

    public async Task DisposeAsync()
    {
        await host.Client.SendAsync(HttpMethod.Delete, "api/instances/cli");
        await host.Client.SendAsync(HttpMethod.Delete, "api/credentials/cli");
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Authorize_WholeFlow_TellsWhatWasAuthorized()
    {
        await host.Client.ConnectAsync("cli", _server.Instance("cli"));
        Assert.Contains("cli   oauth  http        127.0.0.1  cli      no", (await RunAsync("credential", "list")).Output, StringComparison.Ordinal);
        using var tool = Start("credential", "authorize", "cli");
        var url = await tool.UrlAsync();
        var back = await AuthorizationServer.AgreeAsync(url);
        Assert.Equal(("127.0.0.1", "/callback"), (back.Host, back.AbsolutePath));

        // What is not waited for ends nothing, and nothing of it is repeated.
        foreach (var (wrong, status) in new[]
        {
            (new Uri(back, "/"), HttpStatusCode.NotFound), (new Uri(back, "/favicon.ico"), HttpStatusCode.NotFound), (new Uri(back, "/callback"), HttpStatusCode.BadRequest),
            (new Uri(back, "/callback?code=<b>x&state=wrong"), HttpStatusCode.BadRequest), (new Uri(back, "/callback?error=access_denied&state=wrong"), HttpStatusCode.BadRequest),
            (new Uri(back, back.Query.Replace("code=", "cod=", StringComparison.Ordinal)), HttpStatusCode.BadRequest),
        })
        {
            var (answered, ignored) = await BrowseAsync(wrong);
            Assert.Equal(status, answered);
            Assert.DoesNotContain("<b>x", ignored, StringComparison.Ordinal);
        }

        var (ok, page) = await BrowseAsync(back);

        Assert.Equal(HttpStatusCode.OK, ok);
        Assert.DoesNotContain("canary", page, StringComparison.Ordinal);
        Assert.Equal(0, await tool.EndAsync());
        Assert.Equal("The credential cli is authorized for a, b.", tool.Output.TrimEnd());
        Assert.DoesNotContain("canary", tool.Output + tool.Error, StringComparison.Ordinal);
        await (await host.Client.PostAsync("api/instances/cli/actions/request", """{"method":"GET","path":"/data"}""")).JsonAsync();
        var at = (await host.Client.GetJsonAsync("api/credentials/cli")).GetProperty("authorized").GetProperty("at").GetString()!;
        Assert.Contains($"cli      {at}", (await RunAsync("credential", "list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Authorize_Refused_SaysSo()
    {
        using var tool = Start("credential", "authorize", "cli");
        var back = await AuthorizationServer.AgreeAsync(await tool.UrlAsync());
        var state = back.Query.Split('&').First(part => part.Contains("state=", StringComparison.Ordinal)).TrimStart('?');

        var (_, page) = await BrowseAsync(new Uri(back, "/callback?error=access_denied&error_description=<b>x&" + state));

        Assert.DoesNotContain("<b>x", page, StringComparison.Ordinal);
        Assert.Equal(1, await tool.EndAsync());
        Assert.Contains("The authorization server refused: access_denied. Nothing was changed.", tool.Error, StringComparison.Ordinal);
        Assert.Equal(0, _server.Exchanges);
    }

    [Fact]
    public async Task Authorize_Interrupted_Ends()
    {
        using var tool = Start("credential", "authorize", "cli");
        await tool.UrlAsync();

        tool.Interrupt();

        Assert.NotEqual(0, await tool.EndAsync());
        Assert.Contains("It was ended before anybody authorized it.", tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Authorize_TokenServerRefuses_SaysSo()
    {
        _server.Fault = "400";
        using var tool = Start("credential", "authorize", "cli", "--json");
        await BrowseAsync(await AuthorizationServer.AgreeAsync(await tool.UrlAsync()));

        Assert.Equal(1, await tool.EndAsync());
        Assert.Contains("(authorization.refused)", tool.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", tool.Output + tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Authorize_NotAuthorizable_SaysSo()
    {
        var unknown = await RunAsync("credential", "authorize", "none");
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("(credential.unknown)", unknown.Error, StringComparison.Ordinal);
    }

    private static async Task<(HttpStatusCode Status, string Page)> BrowseAsync(Uri url)
    {
        using var browser = new HttpClient();
        using var answer = await browser.GetAsync(url);
        Assert.Equal("text/html", answer.Content.Headers.ContentType?.MediaType);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var tool = Start(arguments);
        return (await tool.EndAsync(), tool.Output, tool.Error);
    }

    private Tool Start(params string[] arguments) => new([.. arguments, "--url", host.Program.Url!.ToString(), "--key", host.Key]);

    /// <summary>The tool as a process.</summary>
    private sealed class Tool : IDisposable
    {
        private readonly Process _process;
        private readonly StringBuilder _output = new();
        private readonly StringBuilder _error = new();

        public Tool(IEnumerable<string> arguments)
        {
            // Whoever runs the tests in the background may ignore interrupts, and hand that down.
            var start = new ProcessStartInfo("env") { RedirectStandardOutput = true, RedirectStandardError = true };
            start.ArgumentList.Add("--default-signal=INT");
            start.ArgumentList.Add("dotnet");
            start.ArgumentList.Add(System.IO.Path.Combine(Repository.OutputOf("src/PluginRuntime.Cli"), "connector.dll"));
            foreach (var argument in arguments)
            {
                start.ArgumentList.Add(argument);
            }

            _process = new Process { StartInfo = start };
            _process.OutputDataReceived += (_, line) => Append(_output, line.Data);
            _process.ErrorDataReceived += (_, line) => Append(_error, line.Data);
            _process.Start();
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public string Output => Read(_output);

        public string Error => Read(_error);

        public async Task<string> UrlAsync()
        {
            string? url = null;
            await Poll.UntilAsync(
                () => (url = Error.Split('\n').FirstOrDefault(line => line.StartsWith("http", StringComparison.Ordinal))) is not null && Error.EndsWith('\n'), () => $"It prints no address: {Output}{Error}");
            return url!;
        }

        public async Task<int> EndAsync()
        {
            await Poll.UntilAsync(() => _process.HasExited, () => $"It does not end: {Output}{Error}");
            await _process.WaitForExitAsync();
            return _process.ExitCode;
        }

        public void Interrupt()
        {
            using var kill = Process.Start("kill", ["-INT", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            kill.WaitForExit();
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill();
                _process.WaitForExit();
            }

            _process.Dispose();
        }

        private static void Append(StringBuilder text, string? line)
        {
            lock (text)
            {
                _ = line is null ? text : text.Append(line).Append('\n');
            }
        }

        private static string Read(StringBuilder text)
        {
            lock (text)
            {
                return text.ToString();
            }
        }
    }
}
