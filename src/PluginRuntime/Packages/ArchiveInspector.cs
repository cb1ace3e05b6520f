using System.Collections.Concurrent;
using System.Globalization;
using PluginRuntime.Packages.Archives;

namespace PluginRuntime.Packages;

/// <summary>Looks at package files in a folder; one that did not change is not read again. Thread-safe for different files.</summary>
internal sealed class ArchiveInspector(TimeProvider timeProvider)
{
    private static readonly ArchiveLimits _limits = new();

    private readonly ConcurrentDictionary<string, (FileStat Stat, Inspection Found)> _seen = new(StringComparer.Ordinal);

    /// <summary>Looks at one file. What is no whole zip, or kept locked by who writes it, is waited for: it may be on its way.</summary>
    public Inspection Inspect(string path, string source, FileStat stat)
    {
        if (stat.IsWritableByOthers)
        {
            return new(Problem: new(source, PackageCodes.Writable, PackageInspector.WritableDetail(path)));
        }

        if (_seen.TryGetValue(path, out var seen) && seen.Stat == stat)
        {
            return seen.Found;
        }

        var found = Look(path, source, stat);
        if (!stat.IsYoung(timeProvider.GetUtcNow()))
        {
            _seen[path] = (stat, found);
        }

        return found;
    }

    /// <summary>Forgets all other files.</summary>
    public void Keep(IReadOnlySet<string> paths)
    {
        foreach (var gone in _seen.Keys.Where(path => !paths.Contains(path)))
        {
            _seen.TryRemove(gone, out _);
        }
    }

    private static Inspection Look(string path, string source, FileStat stat)
    {
        try
        {
            var facts = ArchiveCheck.Check(path, source, null, null, _limits, CancellationToken.None);
            return new(Archive: new(path, facts.Id.ToLowerInvariant(), facts.Version, facts.Sha512));
        }
        catch (PackageRefusedException refused)
        {
            var problem = new PackageProblem(source, refused.Code, refused.Detail);
            return refused.Code is PackageCodes.BadArchive or PackageCodes.Unreadable
                ? new(Waiting: new(string.Create(CultureInfo.InvariantCulture, $"{stat.Size} {stat.Modified}"), problem))
                : new(Problem: problem);
        }
    }
}
