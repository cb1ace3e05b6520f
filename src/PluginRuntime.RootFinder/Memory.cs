using System.Runtime.InteropServices;

namespace PluginRuntime.RootFinder;

/// <summary>This program's own memory, which holds pages of the process that it looks into.</summary>
internal static partial class Memory
{
    private const int SetDumpable = 4;

    /// <summary>A crash leaves no dump: it could hold secrets of the other process.</summary>
    internal static void KeepOutOfDumps()
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Control(SetDumpable, 0, 0, 0, 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nint argument2, nint argument3, nint argument4, nint argument5);
}
