namespace PluginRuntime.Host;

internal static partial class HostLog
{
    [LoggerMessage(5000, LogLevel.Error, "Request {TraceId} met a bug of the host")]
    internal static partial void Bug(this ILogger logger, string traceId, Exception exception);

    [LoggerMessage(5001, LogLevel.Error, "Request {TraceId} failed while its answer was being sent")]
    internal static partial void FailedWhileAnswering(this ILogger logger, string traceId, Exception exception);

    [LoggerMessage(5002, LogLevel.Warning, "A key could not be looked up; what was known of it before counts: {Detail}")]
    internal static partial void KeyUnreadable(this ILogger logger, string detail);

    [LoggerMessage(5003, LogLevel.Information, "Started in {Milliseconds} ms")]
    internal static partial void Started(this ILogger logger, long milliseconds);

    [LoggerMessage(5004, LogLevel.Information, "Stopping: not ready from now on, and calls under way may end")]
    internal static partial void Stopping(this ILogger logger);

    [LoggerMessage(5005, LogLevel.Warning, "Not everything had ended within the shutdown timeout of {Seconds} s")]
    internal static partial void ShutdownLate(this ILogger logger, double seconds);

    [LoggerMessage(5006, LogLevel.Information, "Stopped")]
    internal static partial void Stopped(this ILogger logger);

    [LoggerMessage(5090, LogLevel.Warning, "Not every gauge could be read")]
    internal static partial void GaugeFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5007, LogLevel.Critical, "Stopping failed unexpectedly")]
    internal static partial void StopFailed(this ILogger logger, Exception exception);

    [LoggerMessage(5024, LogLevel.Error, "{Action} ({Outcome}) could not be written into the audit log: {Detail}")]
    internal static partial void NotAudited(this ILogger logger, string action, string outcome, string detail);

    [LoggerMessage(5030, LogLevel.Warning, "What became of a request with an Idempotency-Key ({Id}) could not be stored; its repetitions are answered 409 for a while: {Detail}")]
    internal static partial void AnswerUnkept(this ILogger logger, string id, string detail);

    [LoggerMessage(5031, LogLevel.Warning, "Stored answers that have run out could not be deleted; it is tried again: {Detail}")]
    internal static partial void AnswersUnswept(this ILogger logger, string detail);

    [LoggerMessage(5032, LogLevel.Warning, "Authorizations that nobody completed could not be deleted; it is tried again: {Detail}")]
    internal static partial void AuthorizationsUnswept(this ILogger logger, string detail);

    [LoggerMessage(5040, LogLevel.Information, "Draining, as key {By} asked: not ready from now on")]
    internal static partial void DrainAsked(this ILogger logger, string by);

    [LoggerMessage(5041, LogLevel.Information, "Draining was taken back by key {By}")]
    internal static partial void DrainUndone(this ILogger logger, string by);

    [LoggerMessage(5042, LogLevel.Information, "The state is written out, as key {By} asked")]
    internal static partial void BackupAsked(this ILogger logger, string by);

    [LoggerMessage(5020, LogLevel.Warning, "When keys were used could not be saved; it is tried again: {Detail}")]
    internal static partial void KeyUsesUnsaved(this ILogger logger, string detail);

    [LoggerMessage(5021, LogLevel.Information, "Key {Created} was made for org {Org} with {Scopes} by key {By}")]
    internal static partial void KeyCreated(this ILogger logger, string created, string org, string scopes, string by);

    [LoggerMessage(5022, LogLevel.Information, "Key {Revoked} of org {Org} was revoked by key {By}")]
    internal static partial void KeyRevoked(this ILogger logger, string revoked, string org, string by);

    [LoggerMessage(5025, LogLevel.Warning, "What orgs may send could not be read; what is known holds: {Detail}")]
    internal static partial void LimitsUnreadable(this ILogger logger, string detail);

    [LoggerMessage(5023, LogLevel.Information, "Org {Org} was {Change} by key {By}")]
    internal static partial void OrgChanged(this ILogger logger, string org, string change, string by);
}
