using System.IO.Enumeration;
using PluginRuntime.Connectors.Jail;

namespace PluginRuntime.Connectors.Files;

/// <summary>One page of a listing: a walk in order, from behind a path on, until the page is full or the walk long enough.</summary>
internal sealed class Listing(JailDirectory root, ListInput input, CancellationToken cancellationToken)
{
    /// <summary>After so many entries a page ends though it is not full: nothing makes a call walk for ever.</summary>
    private const int MaxVisited = 100_000;

    private readonly List<InfoOutput> _entries = [];
    private int _visited;
    private string? _last;
    private bool _isFull;

    internal ListOutput Run()
    {
        var path = JailPath.ParseDirectory(input.Path);
        var after = Behind(path);
        using var directory = root.OpenDirectory(path);
        Walk(directory, path.Text.Length == 0 ? "" : path.Text + "/", path.Names.Count, after);
        return new(_entries, _isFull ? _last : null);
    }

    /// <param name="directory">What is walked.</param>
    /// <param name="prefix">What comes before the names in it.</param>
    /// <param name="depth">How many names that are.</param>
    /// <param name="after">The names, from this directory on, that the walk begins behind.</param>
    private void Walk(JailDirectory directory, string prefix, int depth, ReadOnlySpan<string> after)
    {
        foreach (var name in Sorted(directory, after))
        {
            var isBehind = after.Length == 0 || name != after[0];
            if (isBehind && !Visit(directory, prefix, name))
            {
                return;
            }

            if (input.Recursive && depth + 1 < JailPath.MaxDepth)
            {
                // What is no directory, or none any more, or a link, has nothing in it.
                using var below = directory.TryEnter(name, prefix + name);
                if (below is not null)
                {
                    Walk(below, prefix + name + "/", depth + 1, isBehind ? [] : after[1..]);
                }
            }

            if (_isFull)
            {
                return;
            }
        }
    }

    /// <returns>False when the page ends before this entry.</returns>
    private bool Visit(JailDirectory directory, string prefix, string name)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_entries.Count == input.Limit || _visited == MaxVisited)
        {
            _isFull = true;
            return false;
        }

        var path = prefix + name;
        _visited++;
        _last = path;
        if ((input.Pattern is null || FileSystemName.MatchesSimpleExpression(input.Pattern, name, ignoreCase: false)) && directory.Find(name, path) is { } stat)
        {
            _entries.Add(InfoOutput.Of(path, stat));
        }

        return true;
    }

    private static List<string> Sorted(JailDirectory directory, ReadOnlySpan<string> after)
    {
        var from = after.Length == 0 ? "" : after[0];
        var names = directory.Names().Where(name => string.CompareOrdinal(name, from) >= 0).ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private string[] Behind(JailPath path)
    {
        if (input.After is null)
        {
            return [];
        }

        var after = JailPath.Parse(input.After, "after");
        return after.Names.Count > path.Names.Count && after.Names.Take(path.Names.Count).SequenceEqual(path.Names)
            ? [.. after.Names.Skip(path.Names.Count)]
            : throw JailFailure.Input("'after' is no path below 'path': give what 'nextAfter' said.");
    }
}
