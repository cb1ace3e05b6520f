using System.Collections.Concurrent;

namespace PluginRuntime.Packages;

/// <summary>Looks for links anywhere in a package, listed or not: again only where a directory changed. Several packages at a time, each by
/// one.</summary>
internal sealed class LinkSearch(TimeProvider timeProvider)
{
    private readonly ConcurrentDictionary<string, Searched> _searched = new(StringComparer.Ordinal);

    /// <summary>A link, relative to the package; null when there is none.</summary>
    /// <param name="directory">The package.</param>
    /// <param name="plain">Full paths of what is known to be plain files.</param>
    /// <exception cref="IOException">A directory could not be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">Likewise.</exception>
    public string? Find(string directory, IReadOnlySet<string> plain)
    {
        if (_searched.TryGetValue(directory, out var before)
            && before.Directories.All(seen => FileStat.Read(seen.Key) == seen.Value))
        {
            return before.Link;
        }

        var now = timeProvider.GetUtcNow();
        var directories = new Dictionary<string, FileStat>(StringComparer.Ordinal);
        var link = Search(directory, plain, directories);
        _searched.TryRemove(directory, out _);
        if (!directories.Values.Any(stat => stat.IsYoung(now))) _searched[directory] = new(link, directories);
        return link;
    }

    /// <summary>Forgets every directory that is not named.</summary>
    public void Keep(IReadOnlySet<string> directories)
    {
        foreach (var gone in _searched.Keys.Where(directory => !directories.Contains(directory)).ToList()) _searched.TryRemove(gone, out _);
    }

    private static string? Search(string root, IReadOnlySet<string> plain, Dictionary<string, FileStat> directories)
    {
        var open = new Stack<string>([root]);
        while (open.TryPop(out var directory))
        {
            // Its stamps are taken before it is listed: what comes in between differs next time.
            if (FileStat.Read(directory) is not { } stat) continue;
            directories[directory] = stat;
            foreach (var entry in Directory.EnumerateFileSystemEntries(directory))
            {
                if (plain.Contains(entry)) continue;
                var kind = FileStat.Read(entry)?.Kind;
                if (kind == FileKind.Link) return Path.GetRelativePath(root, entry);
                if (kind == FileKind.Directory) open.Push(entry);
            }
        }

        return null;
    }

    private sealed record Searched(string? Link, Dictionary<string, FileStat> Directories);
}
