using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace PluginRuntime.Benchmarks;

/// <summary>Packages made out of the fixture <c>steady</c>: the same assembly under any version and id.</summary>
internal static class SteadyPackage
{
    /// <summary>Writes a package as a folder.</summary>
    /// <param name="target">Must not be there.</param>
    /// <param name="version">Its version.</param>
    /// <param name="id">Its id. Another one than <c>steady</c> is found, but cannot be loaded.</param>
    /// <param name="manifestBytes">How large its manifest is at least.</param>
    internal static void Drop(string target, string version, string id = "steady", int manifestBytes = 0)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "steady")))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        File.WriteAllText(Path.Combine(target, "notes.txt"), $"Version {version}");
        var path = Path.Combine(target, "connector.json");
        var manifest = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        (manifest["id"], manifest["version"]) = (id, version);
        manifest["files"] = new JsonArray([.. Directory.EnumerateFiles(target).Where(file => file != path).Order(StringComparer.Ordinal).Select(file =>
            new JsonObject
            {
                ["path"] = Path.GetFileName(file),
                ["size"] = new FileInfo(file).Length,
                ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))),
            })]);
        for (var size = manifest.ToJsonString().Length; size < manifestBytes; size = manifest.ToJsonString().Length)
        {
            AddAction(manifest["actions"]!.AsArray());
        }

        File.WriteAllText(path, manifest.ToJsonString());
    }

    // As the manifests of real connectors grow: by actions with schemas.
    private static void AddAction(JsonArray actions)
    {
        var text = (string description) => new JsonObject { ["type"] = "string", ["description"] = description };
        JsonObject Schema() => new()
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["name"] = text("What it is called."), ["state"] = text("How it stands."), ["count"] = new JsonObject { ["type"] = "integer", ["minimum"] = 0 } },
            ["required"] = new JsonArray("name"),
        };
        actions.Add(new JsonObject
        {
            ["id"] = $"action-{actions.Count}",
            ["name"] = $"Action {actions.Count}",
            ["description"] = "One of the actions of a connector.",
            ["inputSchema"] = Schema(),
            ["outputSchema"] = Schema(),
        });
    }
}
