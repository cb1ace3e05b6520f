using System.Diagnostics;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
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

    private static readonly TimeSpan _handshake = TimeSpan.FromSeconds(5);

    private static readonly string? _program = Find("rabbitmq-server", "/usr/lib/rabbitmq/lib", "rabbitmq_server-*/sbin");
    private static readonly string? _portMapper = Find("epmd", "/usr/lib/erlang", "erts-*/bin");

    /// <summary>The account to run as, when the tests run as root.</summary>
    private static readonly string? _account = Environment.UserName == "root" ? "nobody" : null;

    private readonly string _directory = Directory.CreateTempSubdirectory("mq-").FullName;
    private readonly int[] _ports = ServerProcess.FreePorts(Ports);
    private readonly ServerProcess _mapper = new(null);
    private readonly ServerProcess _process;

    private RabbitMqServer() => _process = new(_directory);

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
        try
        {
            await server.WriteAsync();
            await server._mapper.StartAsync(server.StartInfo(_portMapper!, "-address", Host, "-port", server.Text(3)), () => Task.FromResult(true));
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
    internal Task StartAgainAsync() => _process.StartAsync(StartInfo(_program!), IsReadyAsync);

    /// <summary>Kills the broker and all its processes at once.</summary>
    internal Task KillAsync() => _process.KillAsync();

    /// <summary>Holds all its processes: connections stay open, and nobody answers.</summary>
    internal void Freeze() => _process.Freeze();

    internal void Thaw() => _process.Thaw();

    /// <summary>Runs the broker's own tool on it.</summary>
    internal Task ControlAsync(params string[] arguments) =>
        ServerProcess.RunAsync(StartInfo(Path.Combine(Path.GetDirectoryName(_program)!, "rabbitmqctl"), arguments));

    public ValueTask DisposeAsync()
    {
        _mapper.Dispose();
        _process.Dispose();
        return ValueTask.CompletedTask;
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
        await ServerProcess.OwnAsync(_account, _directory);
    }

    // It accepts connections before it can do with them.
    private async Task<bool> IsReadyAsync()
    {
        using var bound = new CancellationTokenSource(_handshake, TimeProvider.System);
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(Host, TlsPort, bound.Token);
            using var own = X509CertificateLoader.LoadCertificateFromFile(CertificateFile);
            await using var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: true, (_, shown, _, _) => own.Equals(shown));
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, bound.Token);
            using var other = new TcpClient();
            await other.ConnectAsync(Host, Port, bound.Token);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or IOException or AuthenticationException or OperationCanceledException)
        {
            return false;
        }
    }

    private ProcessStartInfo StartInfo(string program, params string[] arguments)
    {
        var start = ServerProcess.Describe(_account, _directory, program, arguments);
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
}
