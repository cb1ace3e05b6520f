using Microsoft.Extensions.Logging;

namespace PluginRuntime.Connectors.S3;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "The parts of an upload to '{Key}' that failed stay at the server until a rule of the bucket removes them: {Reason}")]
    internal static partial void NotAborted(ILogger logger, string key, string reason);
}
