using System.Runtime.InteropServices;

namespace PluginRuntime.Packages;

/// <summary>A system call failed; <see cref="Errno"/> says how.</summary>
internal sealed class PosixException(string operation, string path, int errno)
    : IOException($"{operation} of '{path}' failed: {Marshal.GetPInvokeErrorMessage(errno)}.")
{
    public int Errno { get; } = errno;
}
