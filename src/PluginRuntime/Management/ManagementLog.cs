using Microsoft.Extensions.Logging;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

internal static partial class ManagementLog
{
    [LoggerMessage(1000, LogLevel.Information, "{Instance}: {From} -> {To}")]
    internal static partial void StateChanged(this ILogger logger, string instance, ConnectionState from, ConnectionState to);

    [LoggerMessage(1001, LogLevel.Information, "{Instance} runs {Package} (generation {Generation})")]
    internal static partial void Published(this ILogger logger, string instance, PackageIdentity package, long generation);

    [LoggerMessage(1002, LogLevel.Information, "{Instance}: generation {Generation} on {Version} ended; drained: {Drained}, late attempts: {Late}")]
    internal static partial void Retired(this ILogger logger, string instance, long generation, SemanticVersion version, bool drained, long late);

    [LoggerMessage(1003, LogLevel.Warning, "{Instance}: generation {Generation} while ending: {Failure}")]
    internal static partial void RetireFailure(this ILogger logger, string instance, long generation, string failure);

    [LoggerMessage(1004, LogLevel.Error, "{Instance}: {Package} is quarantined: {Code}: {Detail}")]
    internal static partial void Quarantined(this ILogger logger, string instance, PackageIdentity package, string code, string detail);

    [LoggerMessage(1005, LogLevel.Warning, "{Instance} cannot be brought up ({Code}): {Detail}")]
    internal static partial void Failed(this ILogger logger, string instance, string code, string detail);

    [LoggerMessage(1006, LogLevel.Error, "{Instance}: what was decided about its versions could not be saved, and is tried again: {Detail}")]
    internal static partial void NotSaved(this ILogger logger, string instance, string detail);

    [LoggerMessage(1007, LogLevel.Error, "{Instance}: an unexpected failure; it is tried again")]
    internal static partial void Unexpected(this ILogger logger, string instance, Exception exception);

    [LoggerMessage(1008, LogLevel.Warning, "{Instance}: {Notice}")]
    internal static partial void Notice(this ILogger logger, string instance, string notice);

    [LoggerMessage(1009, LogLevel.Warning, "{Instance} is defined by the {Winner} and by the {Loser}; the {Winner} counts")]
    internal static partial void Shadowed(this ILogger logger, string instance, DefinitionOrigin winner, DefinitionOrigin loser);

    [LoggerMessage(1010, LogLevel.Error, "{File} cannot be used, the last good one stays: {Detail}")]
    internal static partial void FileBroken(this ILogger logger, string file, string detail);

    [LoggerMessage(1011, LogLevel.Warning, "{Package} has other bytes than before under the same version")]
    internal static partial void SameVersionOtherBytes(this ILogger logger, PackageIdentity package);

    [LoggerMessage(1023, LogLevel.Error, "What changed in the state could not be read, and is looked for again: {Detail}")]
    internal static partial void NotFollowed(this ILogger logger, string detail);

    [LoggerMessage(1090, LogLevel.Error, "Events could not be saved, and are tried again: {Detail}")]
    internal static partial void EventsNotSaved(this ILogger logger, string detail);

    [LoggerMessage(1013, LogLevel.Information, "Found {Packages} packages and {Problems} problems in {Milliseconds:0.0} ms")]
    internal static partial void Found(this ILogger logger, int packages, int problems, double milliseconds);

    [LoggerMessage(1012, LogLevel.Warning, "{Instance}: its operation ended with {Code}: {Detail}")]
    internal static partial void OperationFailed(this ILogger logger, string instance, string code, string detail);

    [LoggerMessage(1014, LogLevel.Warning, "{Instance} is {Status}: {Detail}")]
    internal static partial void HealthChanged(this ILogger logger, string instance, string status, string detail);

    [LoggerMessage(1015, LogLevel.Warning, "{Instance}: the breaker of {Version}: {From} -> {To}")]
    internal static partial void BreakerChanged(
        this ILogger logger, string instance, SemanticVersion version, Execution.BreakerState from, Execution.BreakerState to);

    [LoggerMessage(1016, LogLevel.Error, "{Instance}: {Package} was taken back to {Before}: {Why}")]
    internal static partial void TakenBack(this ILogger logger, string instance, PackageIdentity package, SemanticVersion before, string why);

    [LoggerMessage(1017, LogLevel.Warning, "{Instance}: {Package} is in doubt ({Why}), but was not taken back: {Detail}")]
    internal static partial void NotTakenBack(this ILogger logger, string instance, PackageIdentity package, string why, string detail);

    [LoggerMessage(1019, LogLevel.Warning, "{Instance}: a connection was lent to '{Borrower}' at {Since}, which {What}. {Stack}")]
    internal static partial void Leaked(this ILogger logger, string instance, string borrower, DateTimeOffset since, string what, string stack);

    [LoggerMessage(1018, LogLevel.Information, "{Instance}: {Package} came through its bake period")]
    internal static partial void Baked(this ILogger logger, string instance, PackageIdentity package);

    [LoggerMessage(1020, LogLevel.Information, "{Instance}: {Package} gets a share of {Share} of the calls")]
    internal static partial void CanaryStarted(this ILogger logger, string instance, PackageIdentity package, double share);

    [LoggerMessage(1021, LogLevel.Error, "{Instance}: {Package} gets no more calls: {Why}")]
    internal static partial void CanaryRolledBack(this ILogger logger, string instance, PackageIdentity package, string why);

    [LoggerMessage(1022, LogLevel.Warning, "The tokens of the credential '{Credential}', which was deleted, could not be deleted from the state: {Detail}")]
    internal static partial void TokensNotForgotten(this ILogger logger, string credential, string detail);
}
