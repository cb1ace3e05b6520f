using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace PluginRuntime.Tests.Packages.Crashes;

/// <summary>Whether strace is here, which kills a process, or makes its disk refuse, at a chosen system call.</summary>
internal static class Strace
{
    /// <summary>Why there is none; null when there is.</summary>
    internal static string? Missing { get; } = OperatingSystem.IsLinux() ? Try() : "This is not Linux.";

    /// <summary>Attaches to a process of our own: where only ancestors may do that, the proofs cannot run.</summary>
    private static string? Try()
    {
        using var target = Process.Start("sleep", ["60"]);
        try
        {
            using var tracer = Process.Start(new ProcessStartInfo("strace", ["-p", target.Id.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardError = true })!;
            var first = tracer.StandardError.ReadLine();
            target.Kill();
            tracer.StandardError.ReadToEnd();
            tracer.WaitForExit();
            return first?.Contains("attached", StringComparison.Ordinal) == true ? null : $"strace may not attach to a process here: {first}";
        }
        catch (Win32Exception)
        {
            target.Kill();
            return "strace is missing; ./test.sh --install, as root, installs it.";
        }
    }
}

/// <summary>A test that needs strace: reported as skipped where it is missing.</summary>
internal sealed class StraceFactAttribute : FactAttribute
{
    public StraceFactAttribute() => Skip = Strace.Missing!;
}
