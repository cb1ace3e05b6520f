using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Host.Tests.Cli.Dev;

/// <summary><c>connector dev</c> as a child process, read line by line.</summary>
internal sealed class DevProcess : IDisposable
{
    // A build on a machine that has much else to do.
    private static readonly TimeSpan _bound = TimeSpan.FromMinutes(5);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _seen = [];

    public DevProcess(string directory, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Repository.OutputOf("src/PluginRuntime.Cli"), "connector.dll"), "dev", .. arguments])
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        SourceCopy.Isolate(start.Environment);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => _ = line.Data is null ? _lines.Writer.TryComplete() : _lines.Writer.TryWrite(line.Data);
        _process.ErrorDataReceived += (_, line) => _ = line.Data is not null && _lines.Writer.TryWrite(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Reads on to a line.</summary>
    /// <returns>The lines up to it.</returns>
    public async Task<IReadOnlyList<string>> UntilAsync(Predicate<string> isIt)
    {
        using var end = new CancellationTokenSource(_bound, TimeProvider.System);
        var lines = new List<string>();
        try
        {
            do
            {
                lines.Add(await _lines.Reader.ReadAsync(end.Token));
                _seen.Add(lines[^1]);
            }
            while (!isIt(lines[^1]));
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            Assert.Fail($"The line does not come. There were: {string.Join('\n', _seen)}");
        }

        return lines;
    }

    /// <summary>Ends it as Ctrl-C would.</summary>
    public async Task<int> EndAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
