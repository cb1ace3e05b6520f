using System.Net;
using Npgsql;
using PluginRuntime.Connectors.Sql;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>Turns an instance's settings into Npgsql's connection string. What is not set there would come from the host's environment.</summary>
internal static class ConnectionText
{
    private const int DefaultPort = 5432;

    /// <exception cref="ConnectorException">Host or user name is missing, or is none.</exception>
    internal static string Of(ConnectorContext context)
    {
        var settings = context.GetSettings<PostgresSettings>();
        if (string.IsNullOrEmpty(context.Host))
        {
            throw SqlActions.Input("The instance has no 'host': give the name or address of the PostgreSQL server.");
        }

        // Npgsql would also take lists of hosts, ports in them, and directories of Unix sockets, where the host's own user is let in.
        if (Uri.CheckHostName(context.Host) is not (UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6))
        {
            throw SqlActions.Input("The instance's 'host' is no host name and no IP address.");
        }

        var mode = settings.SslMode is { } named ? Enum.Parse<SslMode>(named) : IsLoopback(context.Host) ? SslMode.Prefer : SslMode.Require;
        var text = new NpgsqlConnectionStringBuilder
        {
            Host = context.Host,
            Port = context.Port ?? DefaultPort,
            Database = settings.Database,
            Username = settings.Username ?? context.Credentials.Username
                ?? throw SqlActions.Input("There is no user name: set 'username', or credentials of type 'basic'."),
            ApplicationName = settings.ApplicationName ?? $"pluginruntime/{context.Instance}",
            SslMode = mode,
            GssEncryptionMode = GssEncryptionMode.Disable,
            RootCertificate = settings.RootCertificate,
            Pooling = false,
            Multiplexing = false,

            // The token of each call is its deadline. The others bound, in milliseconds and seconds, how long a call that its token has
            // ended goes on in the background: for an answer after a cancel request, and for the request itself, or an opening.
            CommandTimeout = 0,
            CancellationTimeout = 2000,
            Timeout = 10,

            // A peer that is gone without a word is found in 15 + 9 × 1 seconds.
            TcpKeepAlive = true,
            TcpKeepAliveTime = 15,
            TcpKeepAliveInterval = 1,
            ClientEncoding = "UTF8",
            Timezone = "UTC",
            Options = "-c DateStyle=ISO,YMD -c IntervalStyle=iso_8601 -c bytea_output=hex -c extra_float_digits=1",
        };

        if (mode is not (SslMode.VerifyCA or SslMode.VerifyFull) && !IsLoopback(context.Host))
        {
            // To a server that nobody has checked the password is never told, only proven.
            text.RequireAuth = "!Password";
        }

        return text.ToString();
    }

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
