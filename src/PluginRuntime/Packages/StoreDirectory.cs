namespace PluginRuntime.Packages;

/// <summary>Makes, moves and removes directories of a store so that a crash cannot take it back.</summary>
internal static class StoreDirectory
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Makes a directory whose parent is there. Its name is not durable before its parent is synced.</summary>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, Mode);
        File.SetUnixFileMode(path, Mode);   // whatever the process's mask took away
    }

    /// <summary>Makes a directory if it is not there, with a durable name.</summary>
    public static void Ensure(string path)
    {
        // Synced even when it is there: whoever made it may have died before its own sync.
        if (!Directory.Exists(path)) Create(path);
        Posix.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Renames a directory within the store and makes both ends durable.</summary>
    public static void Move(string from, string to)
    {
        Directory.Move(from, to);
        Posix.SyncDirectory(Path.GetDirectoryName(to)!);
        Posix.SyncDirectory(Path.GetDirectoryName(from)!);
    }

    /// <summary>Removes a directory when nothing is in it.</summary>
    public static void RemoveIfEmpty(string path)
    {
        if (Directory.Exists(path) && !Directory.EnumerateFileSystemEntries(path).Any()) Directory.Delete(path);
    }
}
