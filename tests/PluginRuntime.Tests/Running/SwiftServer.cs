using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PluginRuntime.Tests.Running;

/// <summary>
/// A real server of S3's protocol on a free port of 127.0.0.1: OpenStack Swift with its s3api, in a temporary directory, as an ordinary
/// user, with one bucket. No service of the system, and no configuration of it, has a part in that.
/// </summary>
internal sealed class SwiftServer : IAsyncDisposable
{
    internal const string Bucket = "books";
    internal const string AccessKey = "tester";
    internal const string SecretKey = "a/sec+ret";

    private const int Servers = 4;
    private const string Python = "/usr/bin/python3";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly string _directory;
    private readonly string[] _ports;
    private Process? _process;

    private SwiftServer(string directory, int[] ports)
    {
        _directory = directory;
        _ports = [.. ports.Select(port => port.ToString(CultureInfo.InvariantCulture))];
        Port = ports[0];
    }

    /// <summary>Why there can be no server; null when there can.</summary>
    internal static string? Missing { get; } = IsInstalled()
        ? null
        : "OpenStack Swift is not installed for the system's own Python (package python3-swift). ./test.sh --install installs it.";

    internal static string Host => "127.0.0.1";

    internal int Port { get; }

    internal static async Task<SwiftServer> StartAsync()
    {
        var server = new SwiftServer(Directory.CreateTempSubdirectory("swift-").FullName, FreePorts());
        AppDomain.CurrentDomain.ProcessExit += server.End;
        try
        {
            await File.WriteAllTextAsync(server.Script, SwiftScript.Text);
            await server.OwnAsync();
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it on the same ports and data, after <see cref="KillAsync"/>.</summary>
    internal async Task StartAgainAsync()
    {
        _process = Process.Start(StartInfo(["serve", _directory, .. _ports]))!;
        var output = new StringBuilder();
        _process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        _process.OutputDataReceived += (_, line) => Append(output, line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        using var bound = new CancellationTokenSource(_patience, TimeProvider.System);
        while (!await IsReadyAsync())
        {
            if (_process.HasExited || bound.IsCancellationRequested)
            {
                throw new InvalidOperationException($"Swift does not come up: {output}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Kills the servers at once.</summary>
    internal async Task KillAsync()
    {
        ServerProcesses.Signal(_process!.Id, "KILL");
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Holds all its processes: connections stay open, and nobody answers.</summary>
    internal void Freeze() => ServerProcesses.Signal(_process!.Id, "STOP");

    internal void Thaw() => ServerProcesses.Signal(_process!.Id, "CONT");

    /// <summary>What the server holds, past S3's protocol. Parts of unfinished uploads are in the bucket with <c>+segments</c> behind its name.</summary>
    internal async Task<string[]> ObjectsAsync(string container) =>
        (await RunAsync("objects", _directory, container)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= End;
        End(null, EventArgs.Empty);
        return ValueTask.CompletedTask;
    }

    private string Script => Path.Combine(_directory, "servers.py");

    private void End(object? sender, EventArgs arguments)
    {
        if (_process is { HasExited: false })
        {
            ServerProcesses.Signal(_process.Id, "KILL");
            _process.WaitForExit();
        }

        _process?.Dispose();
        _process = null;
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>The bucket can be made, or is there already: all four answer.</summary>
    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, Port);
            await RunAsync("bucket", _directory, Bucket);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException)
        {
            return false;
        }
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(StartInfo(arguments))!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(await error);
    }

    private ProcessStartInfo StartInfo(IEnumerable<string> arguments)
    {
        // setpriv becomes the program, so its id is the server's.
        string[] command = Environment.UserName == "root" ? ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", Python] : [Python];
        var start = new ProcessStartInfo(command[0], [.. command[1..], "-W", "ignore", Script, .. arguments])
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["USER"] = Environment.UserName == "root" ? "nobody" : Environment.UserName;
        start.Environment.Remove("PYTHONPATH");
        start.Environment.Remove("PYTHONHOME");
        return start;
    }

    private async Task OwnAsync()
    {
        if (Environment.UserName == "root")
        {
            using var chown = Process.Start("chown", ["-R", "nobody", _directory]);
            await chown.WaitForExitAsync();
        }
    }

    private static bool IsInstalled()
    {
        if (!File.Exists(Python))
        {
            return false;
        }

        using var python = Process.Start(
            new ProcessStartInfo(Python, ["-W", "ignore", "-c", "import swift.common.wsgi, swift.common.middleware.s3api, lxml, xattr, pyeclib"])
            {
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
        python.StandardError.ReadToEnd();
        python.WaitForExit();
        return python.ExitCode == 0;
    }

    private static int[] FreePorts()
    {
        var listeners = Enumerable.Range(0, Servers).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.AppendLine(line);
        }
    }
}
