using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Jail;

/// <summary>What the system answers, as failures of a connector. Paths in messages are the callers' own, never those of the host.</summary>
internal static class JailFailure
{
    internal const int NoEntry = 2;
    internal const int Interrupted = 4;
    internal const int NoDevice = 6;
    internal const int Exists = 17;
    internal const int NotDirectory = 20;
    internal const int IsDirectory = 21;
    internal const int TooManyLinks = 40;

    private const int NotPermitted = 1;
    internal const int AccessDenied = 13;
    private const int NoMoreFiles = 24;
    private const int NoMoreFilesAtAll = 23;
    private const int TooBig = 27;
    private const int NoSpace = 28;
    private const int ReadOnly = 30;
    private const int NameTooLong = 36;
    private const int NotEmpty = 39;
    private const int NoQuota = 122;

    internal static ConnectorException Input(string message) => new(ConnectorErrorKind.Input, message, wasSent: false);

    internal static ConnectorException NotFound(string path) => new(ConnectorErrorKind.NotFound, $"There is no '{path}'.", wasSent: false);

    internal static ConnectorException Conflict(string message) => new(ConnectorErrorKind.Conflict, message, wasSent: false);

    internal static ConnectorException Unavailable(string message, bool wasSent = false) => new(ConnectorErrorKind.Unavailable, message, wasSent: wasSent);

    internal static ConnectorException Link(string path) => Input($"'{path}' is a symbolic link, and links are not followed.");

    internal static ConnectorException NoFile(string path) => Input($"'{path}' is no regular file.");

    /// <param name="errno">What a system call left.</param>
    /// <param name="path">The caller's path.</param>
    /// <param name="wasSent">Whether something of what was asked may have happened.</param>
    internal static ConnectorException Of(int errno, string path, bool wasSent = false) => errno switch
    {
        NoEntry => NotFound(path),
        NotDirectory => new(ConnectorErrorKind.NotFound, $"There is no '{path}': a name on the way is no directory.", wasSent: false),
        TooManyLinks => Link(path),
        NameTooLong => Input($"'{path}' has a name that is too long for the file system."),
        Exists => Conflict($"There is a '{path}' already."),
        IsDirectory => Conflict($"'{path}' is a directory."),
        NotEmpty => Conflict($"The directory '{path}' is not empty."),
        NoDevice => NoFile(path),
        AccessDenied or NotPermitted => Conflict($"The user that the host runs as may not do this with '{path}'."),
        ReadOnly => Conflict($"The file system of '{path}' is read-only."),
        NoSpace or NoQuota => Unavailable($"There is no space left for '{path}'.", wasSent),
        TooBig => Input($"'{path}' would be larger than a file may be."),
        NoMoreFiles or NoMoreFilesAtAll => Unavailable("The host has no more files to open."),
        _ => Unavailable($"The system refused to work on '{path}' (error {errno}).", wasSent),
    };

    /// <summary>What .NET threw while it read or wrote an open file: the result code is the system's error.</summary>
    internal static ConnectorException Of(IOException exception, string path, bool wasSent = false) => Of(exception.HResult, path, wasSent);
}
