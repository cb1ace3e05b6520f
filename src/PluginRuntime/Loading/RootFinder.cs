using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace PluginRuntime.Loading;

/// <summary>
/// Finds out which references hold a context. A process cannot attach to itself, so the program that lies beside the library is started as
/// a child and looks from outside, one search at a time. This process runs on meanwhile, and whatever the child does or fails to do becomes
/// text.
/// </summary>
/// <param name="program">The child's program.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed partial class RootFinder(string program, TimeProvider timeProvider)
{
    /// <summary>The longest that a search may take, with all its attempts.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    // Linux: lets one process that is no ancestor attach, where the system restricts that to ancestors (the Yama module).
    private const int AllowTracer = 0x59616d61;

    // What is read moves meanwhile, and can bring the runtime's own library down that reads it, or lead it round in circles until the child
    // gives up (after 28 s): in the child, and seldom twice.
    private const int Attempts = 3;

    // More than the search of a large heap needs, and less than what would hurt the host it runs beside. Hexadecimal.
    private const string MemoryLimit = "20000000";

    private static readonly string[] _runtimePrefixes = ["DOTNET_", "COMPlus_", "CORECLR_"];

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Where the library's package, or a reference to its project, puts the program.</summary>
    internal static string Beside => Path.Combine(AppContext.BaseDirectory, "root-finder", "PluginRuntime.RootFinder.dll");

    /// <param name="context">The context's number.</param>
    /// <param name="cancellationToken">Gives up, and ends the child.</param>
    internal async Task<HolderChain> FindAsync(long context, CancellationToken cancellationToken)
    {
        if (!File.Exists(program))
        {
            return HolderChain.Unknown($"{program} is not there");
        }

        if (FindDotnet() is not { } dotnet)
        {
            return HolderChain.Unknown("this program brings its own .NET, and the search needs the dotnet command");
        }

        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await SearchAsync(dotnet, context, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<HolderChain> SearchAsync(string dotnet, long context, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var (exitCode, found) = await RunAsync(dotnet, context, linked.Token).ConfigureAwait(false);
                if (exitCode == 0 || attempt == Attempts)
                {
                    return found;
                }
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return HolderChain.Unknown($"the search did not end within {Limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        }
    }

    private async Task<(int? ExitCode, HolderChain Found)> RunAsync(string dotnet, long context, CancellationToken cancellationToken)
    {
        using var child = new Process { StartInfo = Describe(dotnet, context) };
        try
        {
            child.Start();
        }
        catch (Exception exception) when (exception is Win32Exception or InvalidOperationException)
        {
            return (null, HolderChain.Unknown($"{dotnet} cannot be started: {exception.Message}"));
        }

        try
        {
            if (OperatingSystem.IsLinux())
            {
                // Refused where there is no such restriction, which is as good.
                _ = Control(AllowTracer, child.Id, 0, 0, 0);
            }

            var (output, error) = (child.StandardOutput.ReadToEndAsync(cancellationToken), child.StandardError.ReadToEndAsync(cancellationToken));
            await ReleaseAsync(child, cancellationToken).ConfigureAwait(false);
            await Task.WhenAll(output, error).ConfigureAwait(false);
            await child.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return (child.ExitCode, Read(child.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false)));
        }
        finally
        {
            End(child);
            if (OperatingSystem.IsLinux())
            {
                _ = Control(AllowTracer, 0, 0, 0, 0);
            }
        }
    }

    private static async Task ReleaseAsync(Process child, CancellationToken cancellationToken)
    {
        try
        {
            await child.StandardInput.WriteLineAsync(ReadOnlyMemory<char>.Empty, cancellationToken).ConfigureAwait(false);
            child.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already; what it wrote says why.
        }
    }

    private ProcessStartInfo Describe(string dotnet, long context)
    {
        var start = new ProcessStartInfo(dotnet)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
        };
        start.ArgumentList.Add(program);
        start.ArgumentList.Add(Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add(context.ToString(CultureInfo.InvariantCulture));

        // Profilers, startup hooks and heap settings of this process are not meant for the child.
        foreach (var name in start.Environment.Keys.Where(name => Array.Exists(_runtimePrefixes, prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        start.Environment["DOTNET_GCHeapHardLimit"] = MemoryLimit;
        return start;
    }

    private static HolderChain Read(int exitCode, string output, string error)
    {
        try
        {
            using var document = JsonDocument.Parse(output);
            var answer = document.RootElement;
            return answer.TryGetProperty("links", out var links)
                ? new([.. links.EnumerateArray().Select(link => link.GetString()!)], null)
                : HolderChain.Unknown(answer.GetProperty("problem").GetString()!);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            var told = error.Trim() is { Length: > 0 } text ? text : output.Trim();
            return HolderChain.Unknown($"the search ended with {exitCode}{(told.Length == 0 ? "" : ": ")}{told.Split('\n')[0]}");
        }
    }

    private static void End(Process child)
    {
        try
        {
            child.Kill(entireProcessTree: true);
        }
        catch (Exception exception) when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It has ended by itself, as it should, or is ending.
        }
    }

    /// <summary>The command that runs this process, or the one that its runtime belongs to.</summary>
    private static string? FindDotnet()
    {
        var name = "dotnet" + (OperatingSystem.IsWindows() ? ".exe" : "");
        if (Environment.ProcessPath is { } path && Path.GetFileName(path) == name)
        {
            return path;
        }

        // …/shared/Microsoft.NETCore.App/10.0.0/
        var root = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", name));
        return File.Exists(root) ? root : null;
    }

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nint argument2, nint argument3, nint argument4, nint argument5);
}
