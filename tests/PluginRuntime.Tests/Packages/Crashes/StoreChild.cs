using System.Diagnostics;
using System.Globalization;

namespace PluginRuntime.Tests.Packages.Crashes;

/// <summary>A <see cref="StoreProgram"/> in a process of its own. Disposing it ends it.</summary>
internal sealed class StoreChild : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly CancellationTokenSource _limit = new(s_patience, TimeProvider.System);
    private readonly Process _process;
    private readonly Task<string> _errors;

    internal StoreChild(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(StoreChild).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // A single worker makes the store's system calls, one after the other: the nth is the same in every run.
        start.Environment["DOTNET_ThreadPool_ForceMaxWorkerThreads"] = "1";
        start.Environment["DOTNET_ThreadPool_ForceMinWorkerThreads"] = "1";
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        _process = Process.Start(start)!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>What it wrote to its error stream; for messages.</summary>
    internal Task<string> Errors => _errors;

    /// <summary>The next line that it writes; null when it has ended.</summary>
    internal async Task<string?> ReadAsync() => await _process.StandardOutput.ReadLineAsync(_limit.Token);

    internal void Go(string order = "") => _process.StandardInput.WriteLine(order);

    internal void Kill() => _process.Kill();

    /// <returns>Its exit code; 137 when it was killed.</returns>
    internal async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync(_limit.Token);
        return _process.ExitCode;
    }

    /// <summary>Traces it from now on, and comes back when that has begun.</summary>
    /// <param name="log">Where the calls are written, a line each.</param>
    /// <param name="options">Of strace: which calls, and what to do to them.</param>
    internal async Task<Process> TraceAsync(string log, params string[] options)
    {
        var start = new ProcessStartInfo("strace", ["-f", "-p", _process.Id.ToString(CultureInfo.InvariantCulture), "-o", log, "-e", "signal=none", .. options])
        {
            RedirectStandardError = true,
        };
        var strace = Process.Start(start)!;
        var said = await strace.StandardError.ReadLineAsync(_limit.Token);
        if (said?.Contains(" attached", StringComparison.Ordinal) == true)
        {
            _ = strace.StandardError.ReadToEndAsync();
            return strace;
        }

        await strace.WaitForExitAsync(_limit.Token);
        throw new InvalidOperationException($"strace could not trace the program: {said}");
    }

    /// <summary>Ends a trace without ending what is traced.</summary>
    internal static async Task DetachAsync(Process strace)
    {
        using var signal = Process.Start("kill", ["-INT", strace.Id.ToString(CultureInfo.InvariantCulture)]);
        await signal.WaitForExitAsync();
        await strace.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
        _limit.Dispose();
    }
}
