using System.Text;
using System.Text.Json.Nodes;

namespace PluginRuntime.Host.Tests.Running;

/// <summary>Puts built connectors into drop-in folders, with their manifests changed.</summary>
internal static class ConnectorFolder
{
    public static string Demo => Path.Combine(Repository.OutputOf("src/PluginRuntime.Host"), "connectors", "Demo");

    public static string Probe => Repository.OutputOf("tests/Fixtures/Probe");

    public static string Stubborn => Repository.OutputOf("tests/Fixtures/Stubborn");

    /// <summary>Copies a connector beside the folder and moves it in at once.</summary>
    public static void Drop(string source, string folder, string name, Action<JsonObject>? change = null)
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
        File.WriteAllText(path, manifest.ToJsonString(), new UTF8Encoding(false));
        Directory.Move(staging, Path.Combine(folder, name));
    }
}
