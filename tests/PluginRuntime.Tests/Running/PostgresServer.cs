using System.Diagnostics;
using System.Globalization;

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

    private static readonly string? _programs = FindPrograms();

    /// <summary>The account to run as, when the tests run as root, which PostgreSQL refuses to.</summary>
    private static readonly string? _account = Environment.UserName == "root" ? (ServerProcess.Account("postgres") is null ? "nobody" : "postgres") : null;

    private readonly string _directory = Directory.CreateTempSubdirectory("pg-").FullName;
    private readonly bool _hasTls;
    private readonly ServerProcess _process;

    private PostgresServer(bool hasTls)
    {
        _hasTls = hasTls;
        _process = new(_directory);
    }

    /// <summary>Why there can be no server; null when there can.</summary>
    internal static string? Missing =>
        _programs is null ? "PostgreSQL is not installed: initdb and postgres are neither on PATH nor under /usr/lib/postgresql. ./test.sh --install installs it." : null;

    internal static string Host => "127.0.0.1";

    internal int Port { get; } = ServerProcess.FreePorts(1)[0];

    /// <summary>The authority that the server's certificate shows, when it has one. It is for <c>localhost</c>.</summary>
    internal string CertificateFile => Path.Combine(_directory, "server.crt");

    private string Data => Path.Combine(_directory, "data");

    /// <summary>Makes a server and starts it.</summary>
    /// <param name="certificate">PEM texts of certificate and key, for a server with TLS; null for one without.</param>
    internal static async Task<PostgresServer> StartAsync((string Certificate, string Key)? certificate = null)
    {
        var server = new PostgresServer(certificate is not null);
        var directory = server._directory;
        try
        {
            await ServerProcess.OwnAsync(_account, directory);
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
                await ServerProcess.OwnAsync(_account, directory);
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

        await _process.StartAsync(StartInfo("postgres", arguments), IsReadyAsync);
    }

    /// <summary>Stops it in order: sessions are told, open transactions rolled back.</summary>
    internal Task StopAsync() => _process.StopAsync("INT");

    /// <summary>Kills the server and all its processes at once.</summary>
    internal Task KillAsync() => _process.KillAsync();

    /// <summary>Holds all its processes: connections stay open, and nobody answers.</summary>
    internal void Freeze() => _process.Freeze();

    internal void Thaw() => _process.Thaw();

    /// <summary>Runs SQL as superuser.</summary>
    /// <returns>The rows, unaligned, without a header.</returns>
    internal Task<string> SqlAsync(string sql, string database = Database) =>
        RunAsync("psql", ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", _directory, "-p", Port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-d", database, "-c", sql]);

    public ValueTask DisposeAsync()
    {
        _process.Dispose();
        return ValueTask.CompletedTask;
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

    private static Task<string> RunAsync(string program, IEnumerable<string> arguments, string input = "") =>
        ServerProcess.RunAsync(StartInfo(program, arguments), input);

    private static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments) =>
        ServerProcess.Describe(_account, "/", Path.Combine(_programs!, program), arguments);

    private static string? FindPrograms()
    {
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.EnumerateDirectories("/usr/lib/postgresql").OrderByDescending(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var version) ? version : 0)
                .Select(path => Path.Combine(path, "bin"))
            : [];
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return debian.Concat(path).FirstOrDefault(directory => new[] { "initdb", "postgres", "psql" }.All(program => File.Exists(Path.Combine(directory, program))));
    }
}
