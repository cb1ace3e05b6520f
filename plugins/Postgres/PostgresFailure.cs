using System.Net.Sockets;
using Npgsql;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Postgres;

/// <summary>The server's and Npgsql's errors as failures of a connector.</summary>
internal static class PostgresFailure
{
    private const int ClassLength = 2;

    /// <param name="exception">What Npgsql threw.</param>
    /// <param name="wasSent">Whether the server may have done what was asked.</param>
    /// <param name="hidesValues">Whether values in the server's text must not be shown: they are parameters of the caller.</param>
    internal static ConnectorException Create(Exception exception, bool wasSent, bool hidesValues) => exception switch
    {
        ConnectorException failure => failure,
        PostgresException failure => FromServer(failure, wasSent, hidesValues),
        NpgsqlException { InnerException: ConnectorException failure } => failure,
        NpgsqlException { InnerException: TimeoutException } or TimeoutException =>
            new(ConnectorErrorKind.Timeout, "The server did not answer in time.", wasSent: wasSent),
        NpgsqlException { InnerException: SocketException failure } =>
            new(ConnectorErrorKind.Unavailable, $"The server cannot be reached: {failure.SocketErrorCode}.", wasSent: wasSent),
        NpgsqlException { InnerException: System.Security.Authentication.AuthenticationException } =>
            new(ConnectorErrorKind.Unavailable, "The server's certificate or encryption is not accepted.", wasSent: wasSent),
        NpgsqlException { InnerException: null } failure => new(ConnectorErrorKind.Unavailable, $"Npgsql failed: {failure.Message}", wasSent: wasSent),
        _ => new(ConnectorErrorKind.Unavailable, "The connection to the server is broken.", wasSent: wasSent),
    };

    private static ConnectorException FromServer(PostgresException failure, bool wasSent, bool hidesValues)
    {
        var kind = KindOf(failure.SqlState);
        var message = hidesValues && ClassOf(failure.SqlState) is "22" or "P0" ? WithoutValues(failure.MessageText) : failure.MessageText;
        return new(kind, $"PostgreSQL refused ({failure.SqlState}): {message}.", wasSent: wasSent && kind is not ConnectorErrorKind.Input);
    }

    /// <summary>What PostgreSQL puts between quotes is a value where data did not fit; what a function raises may hold one anywhere.</summary>
    private static string WithoutValues(string message)
    {
        var first = message.IndexOf('"', StringComparison.Ordinal);
        var last = message.LastIndexOf('"');
        return first == last ? message : $"{message[..(first + 1)]}…{message[last..]}";
    }

    private static ConnectorErrorKind KindOf(string state) => state switch
    {
        PostgresErrorCodes.InvalidCatalogName => ConnectorErrorKind.NotFound,
        PostgresErrorCodes.QueryCanceled => ConnectorErrorKind.Timeout,
        PostgresErrorCodes.DependentObjectsStillExist => ConnectorErrorKind.Conflict,
        _ => ClassOf(state) switch
        {
            "08" or "53" or "57" or "58" or "F0" or "HV" => ConnectorErrorKind.Unavailable,
            "23" or "27" or "40" or "44" or "55" or "72" => ConnectorErrorKind.Conflict,
            "28" => ConnectorErrorKind.Auth,
            "XX" => ConnectorErrorKind.Bug,
            _ => ConnectorErrorKind.Input,
        },
    };

    private static string ClassOf(string state) => state.Length >= ClassLength ? state[..ClassLength] : state;
}
