using System.Data.Common;
using Npgsql;
using PluginRuntime.Credentials;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Settings;

/// <summary>Reads <c>State</c>: the PostgreSQL server that keeps the state instead of the file in the data directory.</summary>
internal sealed class StateSettings(IConfigurationSection section, List<string> errors)
{
    internal static readonly string[] Keys = ["State", ConnectionKey];

    private const string ConnectionKey = "State:ConnectionString";

    private const string Accepted =
        "It has to be a connection string for PostgreSQL, as Host=db;Database=pluginruntime;Username=pluginruntime;Password=${file:/run/secrets/db}; "
        + "a value with a semicolon or an equals sign in it stands in quotes.";

    /// <returns>The server; null when none is named, or what names it is wrong.</returns>
    internal NpgsqlConnectionStringBuilder? Read()
    {
        if (section["ConnectionString"] is not { } text)
        {
            return null;
        }

        try
        {
            // A whole string may be referred to, or single values: these need no quotes then.
            var isReference = text.StartsWith("${", StringComparison.Ordinal);
            var parsed = new DbConnectionStringBuilder { ConnectionString = isReference ? Resolve(text) : text };
            var server = new NpgsqlConnectionStringBuilder { ApplicationName = "PluginRuntime", MaxPoolSize = 4, Timeout = 3, CommandTimeout = 5 };
            foreach (string key in parsed.Keys)
            {
                server[key] = isReference ? parsed[key] : Resolve((string)parsed[key]);
            }

            // What the state relies on, whatever is asked for; 0 would be no limit.
            (server.Pooling, server.Multiplexing, server.Enlist, server.IncludeErrorDetail, server.PersistSecurityInfo) = (true, false, false, false, false);
            (server.Timeout, server.CommandTimeout) = (OrElse(server.Timeout, 3), OrElse(server.CommandTimeout, 5));
            return string.IsNullOrWhiteSpace(server.Host) ? throw new FormatException() : server;
        }
        catch (UnresolvedException exception)
        {
            errors.Add($"{section.Path}:ConnectionString: {exception.Message}");
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidCastException or OverflowException or NotSupportedException)
        {
            // Its message may hold a part of the password.
            errors.Add($"{section.Path}:ConnectionString: {Accepted}");
        }

        return null;
    }

    private static int OrElse(int seconds, int otherwise) => seconds == 0 ? otherwise : seconds;

    private static string Resolve(string text)
    {
        var (value, _, detail) = new References([], [], Environment.GetEnvironmentVariable, SecretFiles.Read).Resolve(text, ReferenceAccess.All);
        return value ?? throw new UnresolvedException(detail);
    }

    private sealed class UnresolvedException(string detail) : Exception(detail);
}
