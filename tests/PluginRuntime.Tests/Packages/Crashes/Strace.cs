using System.ComponentModel;
using System.Diagnostics;

namespace PluginRuntime.Tests.Packages.Crashes;

/// <summary>Whether strace is here, which kills a process, or makes its disk refuse, at a chosen system call.</summary>
internal static class Strace
{
    /// <summary>Why there is none; null when there is.</summary>
    internal static string? Missing { get; } = IsThere() ? null : "strace is missing, or this is not Linux; ./test.sh --install, as root, installs it.";

    private static bool IsThere()
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo("strace", ["-V"]) { RedirectStandardOutput = true });
            process?.StandardOutput.ReadToEnd();
            process?.WaitForExit();
            return OperatingSystem.IsLinux() && process?.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}

/// <summary>A test that needs strace: reported as skipped where it is missing.</summary>
internal sealed class StraceFactAttribute : FactAttribute
{
    public StraceFactAttribute() => Skip = Strace.Missing!;
}
