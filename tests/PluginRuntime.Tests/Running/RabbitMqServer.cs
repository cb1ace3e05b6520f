using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace PluginRuntime.Tests.Running;

/// <summary>
/// A real RabbitMQ broker on free ports of 127.0.0.1, in a temporary directory, as an ordinary user, with a port mapper of its own: no
/// service of the system has a part in that, and several do not meet. The user <c>app</c> may do everything in the virtual host <c>/</c>;
/// <c>reader</c> may only read there. There is a durable queue <c>kit</c>.
/// </summary>
internal sealed class RabbitMqServer : IAsyncDisposable
{
    internal const string Username = "app";
    internal const string Password = "a pass=word;'";
    internal const string Reader = "reader";
    internal const string Queue = "kit";

    /// <summary>A virtual host that <c>app</c> has no rights in.</summary>
    internal const string Foreign = "foreign";

    private const int Ports = 4;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);

    private static readonly string? _program = Find("rabbitmq-server", "/usr/lib/rabbitmq/lib", "rabbitmq_server-*/sbin");
    private static readonly string? _portMapper = Find("epmd", "/usr/lib/erlang", "erts-*/bin");

    /// <summary>The account to run as, when the tests run as root.</summary>
    private static readonly string? _account = Environment.UserName == "root" ? "nobody" : null;

    private readonly string _directory = Directory.CreateTempSubdirectory("mq-").FullName;
    private readonly int[] _ports = FreePorts();
    private Process? _mapper;
    private Process? _process;

    private RabbitMqServer()
    {
    }

    /// <summary>Why there can be no broker; null when there can.</summary>
    internal static string? Missing => _program is null || _portMapper is null
        ? "RabbitMQ is not installed: rabbitmq-server and epmd are neither on PATH nor under /usr/lib/rabbitmq and /usr/lib/erlang. ./test.sh --install installs it."
        : null;

    internal static string Host => "127.0.0.1";

    internal int Port => _ports[0];

    /// <summary>Where it speaks TLS.</summary>
    internal int TlsPort => _ports[1];

    /// <summary>The authority that the broker's certificate shows. It is for <c>localhost</c>.</summary>
    internal string CertificateFile => Path.Combine(_directory, "server.crt");

    private string KeyFile => Path.Combine(_directory, "server.key");

    internal static async Task<RabbitMqServer> StartAsync()
    {
        var server = new RabbitMqServer();
        AppDomain.CurrentDomain.ProcessExit += server.End;
        try
        {
            await server.WriteAsync();
            server._mapper = Process.Start(server.StartInfo(_portMapper!, "-address", Host, "-port", server.Text(3)))!;
            server._mapper.OutputDataReceived += (_, _) => { };
            server._mapper.ErrorDataReceived += (_, _) => { };
            server._mapper.BeginOutputReadLine();
            server._mapper.BeginErrorReadLine();
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
        _process = Process.Start(StartInfo(_program!))!;
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
                throw new InvalidOperationException($"RabbitMQ does not come up: {output}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Kills the broker and all its processes at once.</summary>
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

    /// <summary>Runs the broker's own tool on it.</summary>
    internal async Task ControlAsync(params string[] arguments)
    {
        using var process = Process.Start(StartInfo(Path.Combine(Path.GetDirectoryName(_program)!, "rabbitmqctl"), arguments))!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"rabbitmqctl failed: {output} {await error}");
        }
    }

    public ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= End;
        End(null, EventArgs.Empty);
        return ValueTask.CompletedTask;
    }

    private void End(object? sender, EventArgs arguments)
    {
        foreach (var process in new[] { _process, _mapper })
        {
            if (process is { HasExited: false })
            {
                ServerProcesses.Signal(process.Id, "KILL");
                process.WaitForExit();
            }

            process?.Dispose();
        }

        (_process, _mapper) = (null, null);
        Directory.Delete(_directory, recursive: true);
    }

    private async Task WriteAsync()
    {
        var (certificate, key) = TestCertificate.Make();
        await File.WriteAllTextAsync(CertificateFile, certificate);
        await File.WriteAllTextAsync(KeyFile, key);
        await File.WriteAllTextAsync(Path.Combine(_directory, "definitions.json"), JsonSerializer.Serialize(new
        {
            vhosts = new[] { new { name = "/" }, new { name = Foreign } },
            users = new[] { Username, Reader }.Select(name => new { name, password = Password, tags = "" }),
            permissions = new object[]
            {
                new { user = Username, vhost = "/", configure = ".*", write = ".*", read = ".*" },
                new { user = Reader, vhost = "/", configure = "^$", write = "^$", read = ".*" },
            },
            queues = new[] { new { name = Queue, vhost = "/", durable = true, auto_delete = false, arguments = new { } } },
        }));
        await File.WriteAllTextAsync(Path.Combine(_directory, "rabbitmq.conf"), $"""
            listeners.tcp.default = {Host}:{Text(0)}
            listeners.ssl.default = {Host}:{Text(1)}
            ssl_options.certfile = {CertificateFile}
            ssl_options.keyfile = {KeyFile}
            load_definitions = {_directory}/definitions.json
            disk_free_limit.absolute = 1MB

            """);
        if (_account is not null)
        {
            using var chown = Process.Start("chown", ["-R", _account, _directory]);
            await chown.WaitForExitAsync();
        }
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(Host, TlsPort);
            using var other = new TcpClient();
            await other.ConnectAsync(Host, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private ProcessStartInfo StartInfo(string program, params string[] arguments)
    {
        // setpriv becomes the program, so its id is the server's.
        string[] command = _account is null ? [program] : ["setpriv", $"--reuid={_account}", "--regid=nogroup", "--clear-groups", program];
        var start = new ProcessStartInfo(command[0], [.. command[1..], .. arguments])
        {
            WorkingDirectory = _directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in new (string, string)[]
        {
            ("HOME", _directory),
            ("ERL_EPMD_ADDRESS", Host),
            ("ERL_EPMD_PORT", Text(3)),
            ("ERL_CRASH_DUMP_SECONDS", "0"),
            ("RABBITMQ_NODENAME", $"mq{Text(0)}@localhost"),
            ("RABBITMQ_DIST_PORT", Text(2)),
            ("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"),
            ("RABBITMQ_MNESIA_BASE", Path.Combine(_directory, "data")),
            ("RABBITMQ_LOG_BASE", Path.Combine(_directory, "log")),
            ("RABBITMQ_CONFIG_FILE", Path.Combine(_directory, "rabbitmq.conf")),
            ("RABBITMQ_ADVANCED_CONFIG_FILE", Path.Combine(_directory, "advanced.config")),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", Path.Combine(_directory, "enabled_plugins")),
            ("RABBITMQ_CONF_ENV_FILE", "/dev/null"),
        })
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private string Text(int port) => _ports[port].ToString(CultureInfo.InvariantCulture);

    /// <summary>Where the distribution puts it, or on PATH: what the distribution puts there wants to be the system's service.</summary>
    private static string? Find(string program, string root, string below)
    {
        var parts = below.Split('/');
        var distribution = Directory.Exists(root)
            ? Directory.EnumerateDirectories(root, parts[0]).OrderDescending(StringComparer.Ordinal).Select(directory => Path.Combine(directory, parts[1]))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return distribution.Concat(path).Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);
    }

    private static int[] FreePorts()
    {
        var listeners = Enumerable.Range(0, Ports).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
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
