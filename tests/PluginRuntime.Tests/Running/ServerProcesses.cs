using System.Diagnostics;
using System.Globalization;

namespace PluginRuntime.Tests.Running;

/// <summary>A process and those that descend from it, found in /proc, and signals to just these.</summary>
internal static class ServerProcesses
{
    /// <summary>Sends a signal to the tree; again until no new process shows up, because a running parent may fork meanwhile.</summary>
    internal static void Signal(int root, string signal)
    {
        var done = new HashSet<int>();
        while (Tree(root).Where(id => !done.Contains(id)).ToList() is { Count: > 0 } found)
        {
            Kill(signal, found);
            done.UnionWith(found);
        }
    }

    internal static void Kill(string signal, IEnumerable<int> ids)
    {
        // One that has ended by now is no error.
        using var kill = Process.Start(
            new ProcessStartInfo("kill", [$"-{signal}", .. ids.Select(id => id.ToString(CultureInfo.InvariantCulture))]) { RedirectStandardError = true })!;
        kill.WaitForExit();
    }

    /// <returns>The root first, if it is alive.</returns>
    internal static List<int> Tree(int root)
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
}
