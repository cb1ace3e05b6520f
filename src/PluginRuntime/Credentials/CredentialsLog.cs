using Microsoft.Extensions.Logging;

namespace PluginRuntime.Credentials;

internal static partial class CredentialsLog
{
    [LoggerMessage(6000, LogLevel.Warning, "{Credential} cannot be refreshed: {Detail}")]
    internal static partial void RefreshFailed(this ILogger logger, string credential, string detail);

    [LoggerMessage(6001, LogLevel.Information, "{Credential} is refreshed again")]
    internal static partial void RefreshRecovered(this ILogger logger, string credential);

    [LoggerMessage(6002, LogLevel.Error, "A rotated refresh token ({Key}) could not be saved, and is tried again; a restart now would lose it: {Detail}")]
    internal static partial void TokenNotSaved(this ILogger logger, string key, string detail);

    [LoggerMessage(6003, LogLevel.Warning, "A stored refresh token ({Key}) cannot be read; the configured one counts")]
    internal static partial void TokenUnreadable(this ILogger logger, string key);

    [LoggerMessage(6004, LogLevel.Warning, "Tokens ({Key}) are got by this host alone, since they cannot be shared with the others: {Detail}")]
    internal static partial void TokensNotShared(this ILogger logger, string key, string detail);
}
