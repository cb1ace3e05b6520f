using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

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

    /// <summary>The account to run as, when the tests run as root.</summary>
    private static readonly string? _account = Environment.UserName == "root" ? "nobody" : null;

    private readonly string _directory = Directory.CreateTempSubdirectory("swift-").FullName;
    private readonly int[] _ports = ServerProcess.FreePorts(Servers);
    private readonly ServerProcess _process;

    private SwiftServer() => _process = new(_directory);

    /// <summary>Why there can be no server; null when there can.</summary>
    internal static string? Missing { get; } = IsInstalled()
        ? null
        : "OpenStack Swift is not installed for the system's own Python (package python3-swift). ./test.sh --install installs it.";

    internal static string Host => "127.0.0.1";

    internal int Port => _ports[0];

    internal static async Task<SwiftServer> StartAsync()
    {
        var server = new SwiftServer();
        try
        {
            await File.WriteAllTextAsync(server.Script, SwiftScript.Text);
            await ServerProcess.OwnAsync(_account, server._directory);
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
    internal Task StartAgainAsync() =>
        _process.StartAsync(StartInfo(["serve", _directory, .. _ports.Select(port => port.ToString(CultureInfo.InvariantCulture))]), IsReadyAsync);

    /// <summary>Kills the servers at once.</summary>
    internal Task KillAsync() => _process.KillAsync();

    /// <summary>Holds all its processes: connections stay open, and nobody answers.</summary>
    internal void Freeze() => _process.Freeze();

    internal void Thaw() => _process.Thaw();

    /// <summary>What the server holds, past S3's protocol. Parts of unfinished uploads are in the bucket with <c>+segments</c> behind its name.</summary>
    internal async Task<string[]> ObjectsAsync(string container) =>
        (await RunAsync("objects", _directory, container)).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public ValueTask DisposeAsync()
    {
        _process.Dispose();
        return ValueTask.CompletedTask;
    }

    private string Script => Path.Combine(_directory, "servers.py");

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

    private Task<string> RunAsync(params string[] arguments) => ServerProcess.RunAsync(StartInfo(arguments));

    private ProcessStartInfo StartInfo(IEnumerable<string> arguments)
    {
        var start = ServerProcess.Describe(_account, "/", Python, ["-W", "ignore", Script, .. arguments]);
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["USER"] = _account ?? Environment.UserName;
        start.Environment.Remove("PYTHONPATH");
        start.Environment.Remove("PYTHONHOME");
        return start;
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
}
