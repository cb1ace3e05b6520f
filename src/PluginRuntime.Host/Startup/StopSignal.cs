using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PluginRuntime.Host.Startup;

/// <summary>SIGTERM and Ctrl-C: the first asks to stop, the second ends the process at once.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _asked = new();
    private readonly List<PosixSignalRegistration> _registrations;
    private int _count;

    internal StopSignal() => _registrations =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal),
        PosixSignalRegistration.Create(PosixSignal.SIGQUIT, OnSignal),
    ];

    /// <summary>Cancelled when the host is to stop.</summary>
    internal CancellationToken Asked => _asked.Token;

    internal async Task WaitAsync()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = _asked.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), asked);
        await asked.Task;
    }

    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _asked.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _count) > 1)
        {
            // An orderly exit runs handlers, those of connectors too, and they may be what hangs. State on disk survives a kill.
            Process.GetCurrentProcess().Kill();
        }

        // The runtime runs signal handlers on a thread that must not be kept.
        _ = _asked.CancelAsync();
    }
}
