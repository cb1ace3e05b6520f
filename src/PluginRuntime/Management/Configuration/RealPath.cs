namespace PluginRuntime.Management;

/// <summary>A path with every link on its way followed.</summary>
internal static class RealPath
{
    private const int MostLinks = 40;

    /// <param name="path">Absolute, without <c>.</c> and <c>..</c>. What is not there stays as it is.</param>
    /// <exception cref="IOException">The links lead in a circle.</exception>
    internal static string Of(string path)
    {
        var links = 0;
        var root = Path.GetPathRoot(path)!;
        var open = new Stack<string>(Segments(path[root.Length..]));
        var real = root;
        while (open.TryPop(out var segment))
        {
            if (segment is "." or "..")
            {
                real = segment == ".." ? Path.GetDirectoryName(real) ?? real : real;
                continue;
            }

            var next = Path.Combine(real, segment);
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MostLinks)
            {
                throw new IOException("The links lead in a circle.");
            }

            if (Path.IsPathRooted(target))
            {
                real = Path.GetPathRoot(target)!;
                target = target[real.Length..];
            }

            foreach (var part in Segments(target))
            {
                open.Push(part);
            }
        }

        return real;
    }

    internal static bool IsBelow(string directory, string path) =>
        path.StartsWith(Path.TrimEndingDirectorySeparator(directory) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    /// <summary>The segments, the last first: pushed in this order, the first lies on top.</summary>
    private static IEnumerable<string> Segments(string path) =>
        path.Split([Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar], StringSplitOptions.RemoveEmptyEntries).Reverse();
}
