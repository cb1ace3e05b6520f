using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PluginRuntime.Tests.Running;

/// <summary>
/// A server that tests start, hold, kill and start again: one process and those that descend from it, found in /proc, in a temporary
/// directory that goes with it. Nothing of it outlives the tests.
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    private readonly string? _directory;
    private Process? _process;

    /// <param name="directory">Deleted at the end; null when another sees to that.</param>
    internal ServerProcess(string? directory)
    {
        _directory = directory;
        AppDomain.CurrentDomain.ProcessExit += End;
    }

    /// <summary>Starts it, for the first time or after its end.</summary>
    /// <param name="start">The program; its output is read.</param>
    /// <param name="isReady">Asked until it says so.</param>
    /// <exception cref="InvalidOperationException">It ended, or was not ready in time; with what it wrote.</exception>
    internal async Task StartAsync(ProcessStartInfo start, Func<Task<bool>> isReady)
    {
        var output = new StringBuilder();
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        _process.OutputDataReceived += (_, line) => Append(output, line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        using var bound = new CancellationTokenSource(_patience, TimeProvider.System);
        while (!await isReady())
        {
            if (_process.HasExited || bound.IsCancellationRequested)
            {
                throw new InvalidOperationException($"{start.ArgumentList.Aggregate(start.FileName, (line, argument) => $"{line} {argument}")} does not come up: {output}");
            }

            await Task.Delay(_look, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Kills it and all that descends from it at once.</summary>
    internal Task KillAsync()
    {
        Signal("KILL");
        return EndedAsync();
    }

    /// <summary>Sends a signal to it alone, and waits for its end.</summary>
    internal Task StopAsync(string signal)
    {
        Kill(signal, [_process!.Id]);
        return EndedAsync();
    }

    /// <summary>Holds all its processes: connections stay open, and nobody answers.</summary>
    internal void Freeze() => Signal("STOP");

    internal void Thaw() => Signal("CONT");

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= End;
        End(null, EventArgs.Empty);
    }

    /// <summary>A program with its streams redirected, as an ordinary user.</summary>
    /// <param name="account">The account to run it as when the tests run as root; null for their own.</param>
    /// <param name="directory">Where it runs.</param>
    /// <param name="program">The program's path.</param>
    /// <param name="arguments">Its arguments.</param>
    internal static ProcessStartInfo Describe(string? account, string directory, string program, IEnumerable<string> arguments)
    {
        // setpriv becomes the program, so its id is the server's.
        string[] command = account is null ? [program] : ["setpriv", $"--reuid={account}", $"--regid={Account(account)![3]}", "--clear-groups", program];
        return new ProcessStartInfo(command[0], [.. command[1..], .. arguments])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it wrote.</returns>
    /// <exception cref="InvalidOperationException">It failed; with what it wrote of that.</exception>
    internal static async Task<string> RunAsync(ProcessStartInfo start, string input = "")
    {
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{start.FileName} failed: {await output}{await error}");
    }

    /// <summary>Gives a directory and all in it to an account.</summary>
    internal static async Task OwnAsync(string? account, string directory)
    {
        if (account is not null)
        {
            using var chown = Process.Start("chown", ["-R", account, directory]);
            await chown.WaitForExitAsync();
        }
    }

    /// <summary>The fields of an account's line in /etc/passwd; null when there is no such account.</summary>
    internal static string[]? Account(string name) => File.ReadLines("/etc/passwd").Select(line => line.Split(':')).FirstOrDefault(fields => fields[0] == name);

    /// <summary>So many ports of 127.0.0.1 that nobody has.</summary>
    internal static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        var ports = listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port).ToArray();
        listeners.ForEach(listener => listener.Stop());
        return ports;
    }

    private void End(object? sender, EventArgs arguments)
    {
        if (_process is { HasExited: false })
        {
            Signal("KILL");
            _process.WaitForExit();
        }

        _process?.Dispose();
        _process = null;
        if (_directory is not null)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private async Task EndedAsync()
    {
        await _process!.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Sends a signal to the tree; again until no new process shows up, because a running parent may fork meanwhile.</summary>
    private void Signal(string signal)
    {
        var done = new HashSet<int>();
        while (Tree(_process!.Id).Where(id => !done.Contains(id)).ToList() is { Count: > 0 } found)
        {
            Kill(signal, found);
            done.UnionWith(found);
        }
    }

    private static void Kill(string signal, IEnumerable<int> ids)
    {
        // One that has ended by now is no error.
        using var kill = Process.Start(
            new ProcessStartInfo("kill", [$"-{signal}", .. ids.Select(id => id.ToString(CultureInfo.InvariantCulture))]) { RedirectStandardError = true })!;
        kill.WaitForExit();
    }

    /// <returns>The root first, if it is alive.</returns>
    private static List<int> Tree(int root)
    {
        var parents = new List<(int Id, int Parent)>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var id) && ParentOf(id) is { } parent)
            {
                parents.Add((id, parent));
            }
        }

        var tree = parents.Where(process => process.Id == root).Select(process => process.Id).ToList();
        for (var index = 0; index < tree.Count; index++)
        {
            tree.AddRange(parents.Where(process => process.Parent == tree[index]).Select(process => process.Id));
        }

        return tree;
    }

    private static int? ParentOf(int id)
    {
        try
        {
            // The name, in parentheses, may hold anything; state and parent follow it.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : int.Parse(fields[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void Append(StringBuilder text, string? line)
    {
        lock (text)
        {
            text.AppendLine(line);
        }
    }
}
