using System.Diagnostics;

namespace PluginRuntime.Benchmarks;

/// <summary>A host process on a free port of 127.0.0.1, in a directory of its own.</summary>
internal sealed class HostChild : IDisposable
{
    private readonly Process _process;

    private HostChild(Process process, Uri url, TimeSpan listenedAfter)
    {
        _process = process;
        Url = url;
        ListenedAfter = listenedAfter;
    }

    internal Uri Url { get; }

    /// <summary>From the start of the process to the line that says that it listens.</summary>
    internal TimeSpan ListenedAfter { get; }

    /// <summary>What the process has in memory, in bytes.</summary>
    internal long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Starts a host and waits until it listens.</summary>
    /// <param name="directory">Where it works; a drop-in folder and a configuration are looked for there.</param>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    internal static async Task<HostChild> StartAsync(string directory)
    {
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = directory, RedirectStandardOutput = true };
        foreach (var argument in (string[])[Program(), "--urls", "http://127.0.0.1:0"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PluginRuntime__ShutdownDelay"] = "0s";
        start.Environment["Logging__LogLevel__Default"] = "Warning";

        // One key sends all of the load, and more than one may by default.
        start.Environment["PluginRuntime__Limits__Key__Rate"] = "0";
        var began = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            const string Listening = "listening on";
            if (line.StartsWith(Listening, StringComparison.Ordinal))
            {
                var after = Stopwatch.GetElapsedTime(began);
                _ = process.StandardOutput.ReadToEndAsync();
                return new(process, new Uri(line[Listening.Length..].Trim()), after);
            }
        }

        await process.WaitForExitAsync();
        throw new InvalidOperationException($"The host ended with {process.ExitCode} instead of listening.");
    }

    internal HttpClient Client(string directory)
    {
        var client = new HttpClient { BaseAddress = Url };
        client.DefaultRequestHeaders.Authorization = new("Bearer", Key(directory));
        return client;
    }

    internal static string Key(string directory) => File.ReadAllText(Path.Combine(directory, "data", "admin.key")).Trim();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    // …/tests/PluginRuntime.Benchmarks/bin/Release/net10.0
    private static string Program()
    {
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var root = own.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine(root, "src", "PluginRuntime.Host", "bin", own.Parent!.Name, own.Name, "PluginRuntime.Host.dll");
    }
}
