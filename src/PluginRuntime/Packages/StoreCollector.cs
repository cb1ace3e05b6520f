using Microsoft.Extensions.Logging;

namespace PluginRuntime.Packages;

/// <summary>Removes what a crash left: records and directories without each other, unfinished writes.</summary>
/// <remarks>What cannot be read is never taken for garbage: the error goes to the caller.</remarks>
internal static class StoreCollector
{
    public static void Collect_NeedsLock(StoreLayout layout, ILogger logger)
    {
        StagingArea.Collect_NeedsLock(layout.Staging, logger);
        foreach (var directory in Directory.GetDirectories(layout.Records)) CollectRecords(directory, layout, logger);
        foreach (var path in ((string[])[layout.Known, layout.Uses]).Where(Directory.Exists)
            .SelectMany(directory => Directory.GetFiles(directory, $"*{AtomicFile.UnfinishedSuffix}", SearchOption.AllDirectories)))
        {
            File.Delete(path);
            logger.LeftoverRemoved(path);
        }

        foreach (var directory in Directory.GetDirectories(layout.Packages)) CollectPackages(directory, layout, logger);
    }

    private static void CollectRecords(string directory, StoreLayout layout, ILogger logger)
    {
        foreach (var path in Directory.GetFiles(directory))
        {
            if (path.EndsWith(AtomicFile.UnfinishedSuffix, StringComparison.Ordinal))
            {
                File.Delete(path);
                logger.LeftoverRemoved(path);
            }
            else if (StoreRecord.Read(path, File.ReadAllBytes(path)) is null)
            {
                Drop(path, "it is not whole", logger);
            }
            else if (FileStat.Read(PackageOf(path, layout)) is not { Kind: FileKind.Directory })
            {
                Drop(path, "its package is gone", logger);
            }
        }

        StoreDirectory.RemoveIfEmpty(directory);
    }

    private static void CollectPackages(string directory, StoreLayout layout, ILogger logger)
    {
        var id = Path.GetFileName(directory);
        foreach (var path in Directory.GetDirectories(directory))
        {
            if (FileStat.Read(Path.Join(layout.Records, id, $"{Path.GetFileName(path)}.json")) is not null) continue;
            StagingArea.Discard(path, logger);
            logger.LeftoverRemoved(path);
        }

        StoreDirectory.RemoveIfEmpty(directory);
    }

    private static string PackageOf(string record, StoreLayout layout) => Path.Join(
        layout.Packages, Path.GetFileName(Path.GetDirectoryName(record)), Path.GetFileNameWithoutExtension(record));

    private static void Drop(string record, string reason, ILogger logger)
    {
        File.Delete(record);
        Posix.SyncDirectory(Path.GetDirectoryName(record)!);
        logger.RecordDropped(record, reason);
    }
}
