using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace PluginRuntime.Host.Tests.Running;

/// <summary>A host process.</summary>
internal sealed class HostProgram : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();

    private HostProgram(HostDirectory directory, IEnumerable<KeyValuePair<string, string>> environment, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet")
        {
            WorkingDirectory = directory.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Repository.HostProgram);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PluginRuntime__ShutdownDelay"] = "0s";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
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

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Where it listens; null as long as it has not said so.</summary>
    public Uri? Url => Output.Split('\n').FirstOrDefault(line => line.StartsWith("listening on", StringComparison.Ordinal)) is { } line
        ? new Uri(line["listening on".Length..].Trim())
        : null;

    /// <summary>Starts a host and waits until it listens.</summary>
    public static async Task<HostProgram> StartAsync(
        HostDirectory directory, IEnumerable<KeyValuePair<string, string>>? environment = null, params string[] arguments)
    {
        var host = new HostProgram(directory, environment ?? [], ["--urls", "http://127.0.0.1:0", .. arguments]);
        await Poll.UntilAsync(() => host.Url is not null || host.HasExited, () => $"It does not listen: {host.Output}{host.Error}");
        Assert.False(host.HasExited, host.Output + host.Error);
        return host;
    }

    /// <summary>Starts the program, whatever becomes of it.</summary>
    public static HostProgram Launch(HostDirectory directory, IEnumerable<KeyValuePair<string, string>> environment, params string[] arguments) =>
        new(directory, environment, arguments);

    /// <summary>Starts a host that is not to come up.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> FailAsync(
        HostDirectory directory, IEnumerable<KeyValuePair<string, string>>? environment = null, params string[] arguments)
    {
        using var host = new HostProgram(directory, environment ?? [], arguments);
        return (await host.EndAsync(), host.Output, host.Error);
    }

    /// <summary>A client that shows the key of the file that the directory holds.</summary>
    public HttpClient Client(HostDirectory directory)
    {
        var client = new HttpClient { BaseAddress = Url };
        client.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(directory.KeyFile).Trim());
        return client;
    }

    public void Terminate() => Signal("TERM");

    public void Kill() => _process.Kill();

    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        await Poll.UntilAsync(() => _process.HasExited, () => $"It does not end: {Output}{Error}");
        await _process.WaitForExitAsync();
        return _process.ExitCode;
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

    private void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
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
