using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PluginRuntime.Tests.Running;

/// <summary>
/// A real PostgreSQL server on a free port of 127.0.0.1, in a temporary directory, as an ordinary user. The role <c>app</c> owns the
/// database <c>app</c> and logs in with a password; <c>guest</c>, who may what <c>app</c> may, logs in without one; the superuser
/// <c>postgres</c> comes in through a Unix socket.
/// </summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    internal const string Database = "app";
    internal const string Username = "app";
    internal const string Password = "a pass=word;'";
    internal const string Guest = "guest";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private static readonly string? _programs = FindPrograms();

    /// <summary>The account to run as, when the tests run as root, which PostgreSQL refuses to.</summary>
    private static readonly string? _account = Environment.UserName == "root" ? (HasAccount("postgres") ? "postgres" : "nobody") : null;

    private readonly string _directory;
    private readonly bool _hasTls;
    private Process? _process;

    private PostgresServer(string directory, int port, bool hasTls)
    {
        _directory = directory;
        Port = port;
        _hasTls = hasTls;
    }

    /// <summary>Why there can be no server; null when there can.</summary>
    internal static string? Missing =>
        _programs is null ? "PostgreSQL is not installed: initdb and postgres are neither on PATH nor under /usr/lib/postgresql. ./test.sh --install installs it." : null;

    internal static string Host => "127.0.0.1";

    internal int Port { get; }

    /// <summary>The authority that the server's certificate shows, when it has one. It is for <c>localhost</c>.</summary>
    internal string CertificateFile => Path.Combine(_directory, "server.crt");

    private string Data => Path.Combine(_directory, "data");

    /// <summary>Makes a server and starts it.</summary>
    /// <param name="certificate">PEM texts of certificate and key, for a server with TLS; null for one without.</param>
    internal static async Task<PostgresServer> StartAsync((string Certificate, string Key)? certificate = null)
    {
        var directory = Directory.CreateTempSubdirectory("pg-").FullName;
        var server = new PostgresServer(directory, FreePort(), certificate is not null);
        AppDomain.CurrentDomain.ProcessExit += server.End;
        try
        {
            Own(directory);
            await RunAsync(
                "initdb", ["-D", server.Data, "-U", "postgres", "-E", "UTF8", "--locale=C", "--auth-local=trust", "--auth-host=scram-sha-256", "--no-sync"]);
            await RunAsync(
                "postgres", ["--single", "-D", server.Data, "postgres"],
                $"CREATE ROLE {Username} LOGIN PASSWORD '{Password.Replace("'", "''", StringComparison.Ordinal)}'\nCREATE ROLE {Guest} LOGIN IN ROLE {Username}\nCREATE DATABASE {Database} OWNER {Username}\n");
            var rules = Path.Combine(server.Data, "pg_hba.conf");
            await File.WriteAllTextAsync(rules, $"host all {Guest} 127.0.0.1/32 trust\n{await File.ReadAllTextAsync(rules)}");
            if (certificate is var (text, key))
            {
                await File.WriteAllTextAsync(server.CertificateFile, text);
                await File.WriteAllTextAsync(Path.Combine(directory, "server.key"), key);
                File.SetUnixFileMode(Path.Combine(directory, "server.key"), UnixFileMode.UserRead);
                Own(directory);
            }

            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it on the same port and data, after <see cref="StopAsync"/> or <see cref="KillAsync"/>.</summary>
    internal async Task StartAgainAsync()
    {
        List<string> arguments =
        [
            "-D", Data, "-p", Port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", $"unix_socket_directories={_directory}",
            "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=100", "-c", "logging_collector=off",
        ];
        if (_hasTls)
        {
            arguments.AddRange(["-c", "ssl=on", "-c", $"ssl_cert_file={CertificateFile}", "-c", $"ssl_key_file={Path.Combine(_directory, "server.key")}"]);
        }

        _process = Process.Start(StartInfo("postgres", arguments))!;
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
                throw new InvalidOperationException($"PostgreSQL does not come up: {output}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Stops it in order: sessions are told, open transactions rolled back.</summary>
    internal Task StopAsync() => EndAsync("INT");

    /// <summary>Kills the server and all its processes at once.</summary>
    internal Task KillAsync() => EndAsync("KILL");

    /// <summary>Holds all its processes: connections stay open, and nobody answers.</summary>
    internal void Freeze() => ServerProcesses.Signal(_process!.Id, "STOP");

    internal void Thaw() => ServerProcesses.Signal(_process!.Id, "CONT");

    /// <summary>Runs SQL as superuser.</summary>
    /// <returns>The rows, unaligned, without a header.</returns>
    internal Task<string> SqlAsync(string sql, string database = Database) =>
        RunAsync("psql", ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", _directory, "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-d", database, "-c", sql]);

    public ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= End;
        End(null, EventArgs.Empty);
        return ValueTask.CompletedTask;
    }

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

    private async Task EndAsync(string signal)
    {
        if (signal == "KILL")
        {
            ServerProcesses.Signal(_process!.Id, signal);
        }
        else
        {
            ServerProcesses.Kill(signal, [_process!.Id]);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            return (await SqlAsync("SELECT 1")).Trim() == "1";
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static async Task<string> RunAsync(string program, IEnumerable<string> arguments, string input = "")
    {
        using var process = Process.Start(StartInfo(program, arguments))!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{program} failed: {await error}");
    }

    private static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments)
    {
        var path = Path.Combine(_programs!, program);

        // setpriv becomes the program, so its id is the server's.
        string[] command = _account is null ? [path] : ["setpriv", $"--reuid={_account}", $"--regid={GroupOf(_account)}", "--clear-groups", path];
        return new ProcessStartInfo(command[0], [.. command[1..], .. arguments])
        {
            WorkingDirectory = "/",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    private static void Own(string directory)
    {
        if (_account is not null)
        {
            using var chown = Process.Start("chown", ["-R", _account, directory]);
            chown.WaitForExit();
        }
    }

    private static string? FindPrograms()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderByDescending(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var version) ? version : 0)
                .Select(path => Path.Combine(path, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return debian.Concat(path).FirstOrDefault(directory => new[] { "initdb", "postgres", "psql" }.All(program => File.Exists(Path.Combine(directory, program))));
    }

    private static bool HasAccount(string name) => Account(name) is not null;

    private static string GroupOf(string name) => Account(name)![3];

    private static string[]? Account(string name) =>
        File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields[0] == name);

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.AppendLine(line);
        }
    }
}
