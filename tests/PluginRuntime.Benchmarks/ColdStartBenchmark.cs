using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Packages;
using PluginRuntime.Tests;

namespace PluginRuntime.Benchmarks;

/// <summary>
/// 200 packages in a drop-in folder, each with a manifest of 4 KB: how long until they are known, and until a host with 20 instances
/// listens. Their files are in the page cache. The first look of a process compiles the code that reads manifests, the later ones do not.
/// </summary>
internal static class ColdStartBenchmark
{
    private const int Packages = 200;
    private const int Instances = 20;

    // The last of them find the code at its last tier.
    private const int Looks = 160;
    private const int LastLooks = 40;
    private const int Starts = 5;
    private const int ManifestBytes = 4096;

    internal static async Task RunAsync(Report report)
    {
        var directory = Directory.CreateTempSubdirectory("coldstart-");
        try
        {
            var drop = Directory.CreateDirectory(Path.Combine(directory.FullName, "drop"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            for (var i = 0; i < Packages; i++)
            {
                Drop(Path.Combine(drop.FullName, $"package-{i}"), $"package-{i}");
            }

            var looks = Enumerable.Range(0, Looks).Select(_ => Look(drop.FullName)).ToList();
            report.Count("packages", Packages);
            report.Count("manifestBytes", new FileInfo(Path.Combine(drop.FullName, "package-0", "connector.json")).Length);
            report.Count("firstDiscoverMs", looks[0]);
            report.Count("discoverMs", Paired.Median(looks.TakeLast(LastLooks)));
            await ListenAsync(report, directory.FullName);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void Drop(string target, string id)
    {
        FixturePackages.Copy(FixturePackages.Built("Steady"), target);
        FixturePackages.Describe(target, "1.0.0", manifest =>
        {
            // As the manifests of real connectors grow: by actions with schemas.
            manifest["id"] = id;
            var actions = manifest["actions"]!.AsArray();
            while (manifest.ToJsonString().Length < ManifestBytes - 700)
            {
                actions.Add(new JsonObject
                {
                    ["id"] = $"action-{actions.Count}",
                    ["name"] = $"Action {actions.Count}",
                    ["description"] = "One of the actions of a connector.",
                    ["inputSchema"] = Schema(),
                    ["outputSchema"] = Schema(),
                });
            }

            manifest["description"] = "";
            manifest["description"] = new string('x', ManifestBytes - manifest.ToJsonString().Length);
        });
    }

    private static JsonNode Schema() => JsonNode.Parse("""
        { "type": "object", "required": ["name"], "properties": {
            "name": { "type": "string", "description": "What it is called." }, "state": { "type": "string", "description": "How it stands." },
            "count": { "type": "integer", "minimum": 0, "description": "How many there are." } } }
        """)!;

    // A source that was never looked at: nothing is remembered from one look to the next.
    private static double Look(string drop)
    {
        var source = new FolderSource(drop, PackageOrigin.Drop, TimeProvider.System, NullLogger.Instance);
        var start = Stopwatch.GetTimestamp();
        var catalog = PackageCatalog.Merge([source.Scan()]);
        var elapsed = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        return catalog.Count == Packages
            ? elapsed
            : throw new InvalidOperationException($"{catalog.Count} of {Packages} packages were found: {string.Join("; ", catalog.Problems.Take(3))}");
    }

    private static async Task ListenAsync(Report report, string directory)
    {
        var instances = new JsonObject();
        for (var i = 0; i < Instances; i++)
        {
            instances[$"instance-{i}"] = new JsonObject { ["connector"] = "demo" };
        }

        File.WriteAllText(Path.Combine(directory, "connectors.json"), new JsonObject { ["instances"] = instances }.ToJsonString());
        var listened = new List<double>();
        for (var i = 0; i < Starts; i++)
        {
            using var host = await HostChild.StartAsync(directory);
            listened.Add(host.ListenedAfter.TotalMilliseconds);
        }

        report.Count("instances", Instances);
        report.Count("listenMs", Paired.Median(listened));
    }
}
