using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace PluginRuntime.Host.Tests.Running;

/// <summary>Puts built connectors into drop-in folders, with their manifests changed.</summary>
internal static class ConnectorFolder
{
    public static string Demo => Path.Combine(Repository.OutputOf("src/PluginRuntime.Host"), "connectors", "Demo");

    public static string Leaks => Repository.OutputOf("tests/Fixtures/Leaks");

    public static string Probe => Repository.OutputOf("tests/Fixtures/Probe");

    public static string Stubborn => Repository.OutputOf("tests/Fixtures/Stubborn");

    /// <summary>Copies a connector beside the folder and moves it in at once.</summary>
    /// <param name="source">The built connector.</param>
    /// <param name="folder">The drop-in folder.</param>
    /// <param name="name">What it is called there.</param>
    /// <param name="change">Changes the manifest.</param>
    /// <param name="behaviour">How the probe is to behave; null for well.</param>
    public static void Drop(string source, string folder, string name, Action<JsonObject>? change = null, string? behaviour = null)
    {
        var staging = Path.Combine(Path.GetDirectoryName(folder)!, $"staging-{name}");
        Directory.CreateDirectory(staging, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in Directory.GetFiles(source))
        {
            var target = Path.Combine(staging, Path.GetFileName(file));
            File.Copy(file, target);
            File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        var path = Path.Combine(staging, "connector.json");
        var manifest = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change?.Invoke(manifest);
        if (behaviour is not null)
        {
            var bytes = Encoding.UTF8.GetBytes(behaviour);
            File.WriteAllBytes(Path.Combine(staging, "behaviour.txt"), bytes);
            File.SetUnixFileMode(Path.Combine(staging, "behaviour.txt"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            manifest["files"]!.AsArray().Add(new JsonObject
            {
                ["path"] = "behaviour.txt",
                ["size"] = bytes.Length,
                ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)),
            });
        }

        File.WriteAllText(path, manifest.ToJsonString(), new UTF8Encoding(false));
        Directory.Move(staging, Path.Combine(folder, name));
    }
}
