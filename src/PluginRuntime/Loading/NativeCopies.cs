using System.Runtime.Loader;

namespace PluginRuntime.Loading;

/// <summary>
/// Sees to it that native libraries with the same bytes are in the process once, whichever packages bring them. The system tells
/// libraries apart by path, so two versions of a connector would otherwise run two copies side by side during a swap; and two copies of
/// SQLite on one file destroy it, because the file locks they take belong to the process and the first to close a file drops them all
/// (https://sqlite.org/howtocorrupt.html, section 2.2.1). Libraries with other bytes stay apart.
/// </summary>
internal static class NativeCopies
{
    private static readonly Lock _lock = new();

    // Guarded by _lock. By hash: the path in use, and the contexts that use it.
    private static readonly Dictionary<string, (string Path, List<WeakReference<AssemblyLoadContext>> Users)> _inUse = new(StringComparer.Ordinal);

    /// <summary>Where to load a library from: the path that a living context loaded these bytes from, else its own.</summary>
    /// <param name="sha256">The library's hash, as verified when its package was stored.</param>
    /// <param name="path">Its own path.</param>
    /// <param name="user">The context that asks.</param>
    internal static string PathFor(string sha256, string path, AssemblyLoadContext user)
    {
        lock (_lock)
        {
            if (_inUse.TryGetValue(sha256, out var entry))
            {
                entry.Users.RemoveAll(each => !each.TryGetTarget(out _));
            }

            if (entry.Users is not { Count: > 0 } || !File.Exists(entry.Path))
            {
                _inUse[sha256] = entry = (path, []);
            }

            // A context that is being collected keeps the library until it is gone, so one that is found alive here holds it long enough.
            entry.Users.Add(new(user, trackResurrection: true));
            return entry.Path;
        }
    }
}
