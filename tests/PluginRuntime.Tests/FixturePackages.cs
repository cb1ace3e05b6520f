using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace PluginRuntime.Tests;

/// <summary>Makes packages out of the built fixtures: the same assembly under any version, with any behaviour, whole or broken.</summary>
internal static class FixturePackages
{
    internal const string Probe = "Probe";
    internal const string Bad = "Bad";

    /// <summary>The built output of a fixture.</summary>
    internal static string Built(string fixture) => Output("tests", "Fixtures", fixture);

    /// <summary>The built output of a connector under plugins/.</summary>
    internal static string BuiltPlugin(string plugin) => Output("plugins", plugin);

    private static string Output(params string[] project)
    {
        // …/tests/PluginRuntime.Tests/bin/Debug/net10.0
        var own = new DirectoryInfo(AppContext.BaseDirectory);
        var root = own.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;
        return Path.Combine([root, .. project, "bin", own.Parent!.Name, own.Name]);
    }

    /// <summary>Puts a probe into a drop-in folder, whole at once: made under a hidden name, then renamed.</summary>
    internal static string DropProbe(string dropFolder, string version, string behaviour = "", string? name = null, Action<string>? spoil = null) =>
        Drop(Built(Probe), dropFolder, name ?? $"probe-{version}", version, behaviour, spoil);

    internal static string Drop(
        string built, string dropFolder, string name, string? version, string behaviour = "", Action<string>? spoil = null, bool replace = false)
    {
        var hidden = Path.Combine(dropFolder, "." + name + Guid.NewGuid().ToString("N")[..8]);
        Copy(built, hidden);
        if (behaviour.Length > 0)
        {
            File.WriteAllText(Path.Combine(hidden, "behaviour.txt"), behaviour);
        }

        Describe(hidden, version);
        spoil?.Invoke(hidden);
        var target = Path.Combine(dropFolder, name);
        if (replace && Directory.Exists(target))
        {
            Directory.Move(target, Path.Combine(dropFolder, "." + Guid.NewGuid().ToString("N")));
        }

        Directory.Move(hidden, target);
        return target;
    }

    /// <summary>Writes the manifest anew: another version, and the files as they are now.</summary>
    internal static void Describe(string directory, string? version, Action<JsonObject>? change = null)
    {
        var path = Path.Combine(directory, "connector.json");
        var manifest = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        manifest["version"] = version ?? (string)manifest["version"]!;
        manifest["files"] = new JsonArray(
            [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)
                .Where(file => file != path && !file.EndsWith(".pdb", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(file => new JsonObject
                {
                    ["path"] = Path.GetRelativePath(directory, file).Replace('\\', '/'),
                    ["size"] = new FileInfo(file).Length,
                    ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))),
                })]);
        change?.Invoke(manifest);
        File.WriteAllText(path, manifest.ToJsonString());
    }

    internal static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var directory in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories))
        {
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, directory)));
        }

        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".pdb", StringComparison.Ordinal)))
        {
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
        }
    }
}
