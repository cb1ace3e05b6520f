using Microsoft.Extensions.Logging;
using PluginRuntime.Manifests;

namespace PluginRuntime.Packages;

/// <summary>What this module logs: 2000 to 2099.</summary>
internal static partial class PackagesLog
{
    [LoggerMessage(2000, LogLevel.Warning, "Folder {Folder}: {Source} is refused ({Code}). {Detail}")]
    public static partial void PackageRefused(this ILogger logger, string folder, string source, string code, string detail);

    [LoggerMessage(2001, LogLevel.Information, "Folder {Folder} can be read again.")]
    public static partial void FolderReadable(this ILogger logger, string folder);

    [LoggerMessage(2010, LogLevel.Warning, "Folder {Folder} cannot be watched; it is polled instead.")]
    public static partial void WatchFailed(this ILogger logger, string folder, Exception exception);

    [LoggerMessage(2011, LogLevel.Debug, "Folder {Folder}: events were lost; it is read as a whole.")]
    public static partial void EventsLost(this ILogger logger, string folder, Exception exception);

    [LoggerMessage(2012, LogLevel.Error, "A change in folder {Folder} was not taken in; it is tried again.")]
    public static partial void ChangeFailed(this ILogger logger, string folder, Exception exception);

    [LoggerMessage(2020, LogLevel.Information, "Stored {Package} in {Directory}.")]
    public static partial void Stored(this ILogger logger, string package, string directory);

    [LoggerMessage(2021, LogLevel.Information, "Removed {Package} from the store.")]
    public static partial void Removed(this ILogger logger, string package);

    [LoggerMessage(2022, LogLevel.Warning, "The stored package {Package} was changed and is taken anew: {Defect}")]
    public static partial void Replacing(this ILogger logger, string package, string defect);

    [LoggerMessage(2023, LogLevel.Warning, "The store's record {Record} is dropped: {Reason}")]
    public static partial void RecordDropped(this ILogger logger, string record, string reason);

    [LoggerMessage(2026, LogLevel.Warning, "The store's record {Record} is not used: {Reason}")]
    public static partial void RecordUnusable(this ILogger logger, string record, string reason);

    [LoggerMessage(2024, LogLevel.Information, "Removed {Path}, which an interrupted write left in the store.")]
    public static partial void LeftoverRemoved(this ILogger logger, string path);

    [LoggerMessage(2025, LogLevel.Warning, "Could not remove {Path}; the next start tries again.")]
    public static partial void CleanupFailed(this ILogger logger, string path, Exception exception);

    [LoggerMessage(2027, LogLevel.Information, "Removed {Package} from the store: no host has needed it since {Since}.")]
    public static partial void Collected(this ILogger logger, PackageIdentity package, DateTimeOffset since);

    [LoggerMessage(2028, LogLevel.Warning, "What a host needs cannot be read in {Path}: nothing is removed from the store by itself until it can be, or is {Days} days old.")]
    public static partial void MarkUnreadable(this ILogger logger, string path, int days);

    [LoggerMessage(2029, LogLevel.Information, "Removed {Path}: its host has not been there for {Days} days.")]
    public static partial void MarkForgotten(this ILogger logger, string path, int days);

    [LoggerMessage(2033, LogLevel.Warning, "What nobody needs could not be removed from the store; it is tried again. {Reason}")]
    public static partial void NotCollected(this ILogger logger, string reason);

    [LoggerMessage(2030, LogLevel.Information, "Installed {Package} from source {Source}.")]
    public static partial void Installed(this ILogger logger, PackageIdentity package, string source);

    [LoggerMessage(2032, LogLevel.Warning, "The lock file {Path} was not written: {Reason}")]
    public static partial void LockNotWritten(this ILogger logger, string path, string reason);

    [LoggerMessage(2031, LogLevel.Error, "The sources could not be looked through; the next pass tries again.")]
    public static partial void UpdateFailed(this ILogger logger, Exception exception);
}
