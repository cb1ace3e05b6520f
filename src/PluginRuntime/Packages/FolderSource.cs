using PluginRuntime.Packages.Feeds;
using Microsoft.Extensions.Logging;

namespace PluginRuntime.Packages;

/// <summary>A folder whose directories are packages, <c>weather/</c> with a <c>connector.json</c>, beside package files. Thread-safe.</summary>
/// <remarks>
/// Names that begin with a dot are ignored: stage a copy as <c>.weather</c>, then rename it.
/// Of directories only manifests are opened; what they list is stat'ed. Hashes are checked where bytes are taken, in <see cref="PackageStore"/>.
/// </remarks>
internal sealed class FolderSource
{
    /// <summary>Fewer are inspected one after the other.</summary>
    private const int ManyEntries = 16;

    private readonly Lock _lock = new();
    private readonly PackageOrigin _origin;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly TimeSpan _grace;
    private readonly ManifestCache _manifests;
    private readonly LinkSearch _links;
    private readonly PackageInspector _inspector;
    private readonly ArchiveInspector _archives;

    // Guarded by _lock: what is remembered between scans.
    private readonly Dictionary<string, Remembered> _remembered = new(StringComparer.Ordinal);
    private FolderScan _last = new(FolderState.Absent, [], [], [], false);
    private FileStat? _lastFolder;

    /// <summary>Makes a source; nothing is read yet.</summary>
    /// <param name="path">The folder; it may be a link, and need not exist.</param>
    /// <param name="origin">Built-in packages are trusted as the host is; others are refused when group or others may write them.</param>
    /// <param name="timeProvider">For the grace time.</param>
    /// <param name="logger">Told about each new problem once.</param>
    /// <param name="grace">How long a package may stay incomplete without any progress before it is a problem. Default 10 s.</param>
    public FolderSource(string path, PackageOrigin origin, TimeProvider timeProvider, ILogger logger, TimeSpan? grace = null)
    {
        Path = System.IO.Path.GetFullPath(path);
        (_origin, _timeProvider, _logger) = (origin, timeProvider, logger);
        _grace = grace ?? TimeSpan.FromSeconds(10);
        (_manifests, _links) = (new(timeProvider), new(timeProvider));
        _inspector = new(origin, _manifests, _links);
        _archives = new(timeProvider);
    }

    /// <summary>The folder's absolute path.</summary>
    public string Path { get; }

    /// <summary>How many manifests were parsed since the source was made.</summary>
    public int Parsed => _manifests.Parsed;

    /// <summary>Looks at the folder. Never throws for what lies in it: a folder that cannot be read gives
    /// <see cref="FolderState.Unreadable"/>.</summary>
    public FolderScan Scan()
    {
        lock (_lock)
        {
            var scan = Scan_NeedsLock();
            foreach (var problem in scan.Problems.Except(_last.Problems))
            {
                _logger.PackageRefused(Path, problem.Source, problem.Code, problem.Detail);
            }

            if (scan.State == FolderState.Read && _last.State == FolderState.Unreadable) _logger.FolderReadable(Path);
            return _last = scan;
        }
    }

    private FolderScan Scan_NeedsLock()
    {
        try
        {
            if (FileStat.Read(Path, followLinks: true) is not { } folder)
            {
                return _lastFolder is null ? new(FolderState.Absent, [], [], [], false) : Unreadable_NeedsLock("The folder is gone.");
            }

            if (folder.Kind != FileKind.Directory) return Unreadable_NeedsLock("It is no directory.");
            if (_origin != PackageOrigin.BuiltIn && folder.IsWritableByOthers)
            {
                _lastFolder = folder;
                return new(FolderState.Read, [], [new("./", PackageCodes.Writable, PackageInspector.WritableDetail(Path))], [], false);
            }

            var entries = Directory.GetFileSystemEntries(Path);
            if (entries.Length == 0 && _lastFolder is { } before && before.Device != folder.Device && _last.Packages.Count > 0)
            {
                // What an unmounted volume looks like: its mount point, an empty directory of another file system.
                return Unreadable_NeedsLock("Another file system lies there now, and it is empty.");
            }

            var scan = ScanEntries_NeedsLock(entries);

            // Replaced under our eyes: what was found belongs to neither of the two.
            if (FileStat.Read(Path, followLinks: true) is not { } after || (after.Device, after.Inode) != (folder.Device, folder.Inode))
            {
                return Unreadable_NeedsLock("The folder was replaced while it was read.");
            }

            _lastFolder = folder;
            return scan;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return Unreadable_NeedsLock(exception.Message);
        }
    }

    private FolderScan Unreadable_NeedsLock(string reason) => _last with
    {
        State = FolderState.Unreadable,
        Problems = [new("./", PackageCodes.SourceUnreadable, $"The folder could not be read, what was known of it stays: {reason}")],
        Pending = [],
        IsSettling = false,
    };

    private FolderScan ScanEntries_NeedsLock(string[] entries)
    {
        Array.Sort(entries, StringComparer.Ordinal);
        var (packages, problems, pending) = (new List<ScannedPackage>(), new List<PackageProblem>(), new List<string>());
        var archives = new List<ScannedArchive>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var settling = false;
        foreach (var (entry, remembered, found) in Inspect_NeedsLock([.. entries.Where(entry => !System.IO.Path.GetFileName(entry).StartsWith('.'))]))
        {
            if (found is null) continue;
            seen.Add(entry);
            _remembered[entry] = remembered;
            if (found.Waiting is not null) pending.Add(SourceOf(entry));
            if (found.Archive is not null) archives.Add(found.Archive);
            var settles = remembered.Settle(found, _timeProvider, _grace);
            settling |= settles;
            if (found.Problem is not null) problems.Add(found.Problem);
            if (found.Waiting?.Problem is { } stalled && !settles) problems.Add(stalled);
            if (remembered.Package is not null) packages.Add(remembered.Package);
        }

        foreach (var gone in _remembered.Keys.Where(entry => !seen.Contains(entry)).ToList()) _remembered.Remove(gone);
        _manifests.Keep(seen);
        _links.Keep(seen);
        _archives.Keep(seen);
        var (kept, refused) = Duplicates.Refuse(packages);
        problems.AddRange(refused);
        return new(FolderState.Read, kept, [.. problems.OrderBy(problem => problem.Source, StringComparer.Ordinal)], pending, settling) { Archives = archives };
    }

    private static string SourceOf(string entry) => IsArchive(entry) ? System.IO.Path.GetFileName(entry) : $"{System.IO.Path.GetFileName(entry)}/";

    private static bool IsArchive(string entry) => entry.EndsWith(".nupkg", StringComparison.OrdinalIgnoreCase) && !Directory.Exists(entry);

    /// <summary>Inspects entries, many of them on all processors: at a start nothing is remembered, and callers wait for it.</summary>
    private (string Entry, Remembered Remembered, Inspection? Found)[] Inspect_NeedsLock(string[] entries)
    {
        var inspected = Array.ConvertAll(entries, entry => (entry, _remembered.GetValueOrDefault(entry) ?? new(), (Inspection?)null));
        var most = new ParallelOptions { MaxDegreeOfParallelism = entries.Length < ManyEntries ? 1 : Environment.ProcessorCount };
        Parallel.For(0, entries.Length, most, i => inspected[i].Item3 = InspectEntry(inspected[i].Item1, inspected[i].Item2));
        return inspected;
    }

    private Inspection? InspectEntry(string entry, Remembered remembered)
    {
        var source = SourceOf(entry);
        try
        {
            if (FileStat.Read(entry) is not { } stat) return null;   // gone since the listing
            if (stat.Kind == FileKind.Directory) return _inspector.Inspect(entry, source, stat);
            if (IsArchive(entry))
            {
                return _origin == PackageOrigin.Drop
                    ? _archives.Inspect(entry, source, stat)
                    : new(Problem: new(source, PackageCodes.Archive, "A package file is not taken from this folder: unpack it into a directory."));
            }

            return stat.Kind == FileKind.Link && Directory.Exists(entry)
                ? new(Problem: new(source, PackageCodes.Link,
                    "The package's directory is a symbolic link; copy or move the package itself."))
                : null;
        }
        catch (PackageRefusedException refused) when (refused.Code != PackageCodes.Incomplete)
        {
            return new(remembered.KeptWhen(refused.Code), new(source, refused.Code, refused.Detail));
        }
        catch (Exception exception) when (exception is PackageRefusedException or DirectoryNotFoundException)
        {
            return new(Waiting: new("", null));   // it moved while it was looked at
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new(remembered.Package, new(source, PackageCodes.Unreadable, $"It could not be read: {exception.Message}"));
        }
    }
}
