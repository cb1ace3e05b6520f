using PluginRuntime.Tests.Packages;

namespace PluginRuntime.Tests.Management;

/// <summary>A source of probes: a folder, or a feed on loopback, filled alike.</summary>
internal sealed class FeedUnderTest : IAsyncDisposable
{
    private readonly string? _folder;

    private FeedUnderTest(string? folder, LoopbackFeed? http) => (_folder, Http) = (folder, http!);

    /// <summary>The feed; null for a folder.</summary>
    internal LoopbackFeed Http { get; }

    internal string Location => _folder ?? Http.Index;

    internal static FeedUnderTest Create(bool isHttp) =>
        isHttp ? new(null, new()) : new(Directory.CreateTempSubdirectory("feed-").FullName, null);

    /// <summary>A probe of a version.</summary>
    internal static byte[] Probe(string version, string? behaviour = null, Func<TestPackage, TestPackage>? change = null)
    {
        var package = new TestPackage { Version = version, Behaviour = behaviour };
        return TestPackages.Connector(FixturePackages.Built(FixturePackages.Probe), change?.Invoke(package) ?? package);
    }

    internal void Publish(string version, string? behaviour = null) => Publish(version, Probe(version, behaviour));

    internal void Publish(string version, byte[] package, string id = "probe")
    {
        if (_folder is null)
        {
            Http.Add(package);
            return;
        }

        var file = Path.Combine(_folder, $"{id}.{version}.nupkg");
        File.WriteAllBytes(file + ".unfinished", package);
        File.Move(file + ".unfinished", file, overwrite: true);
    }

    internal Action<PluginRuntimeOptions> AsSource(string config = "{}", Action<PackageOptions>? rules = null) => options =>
    {
        options.DropDirectory = null;
        options.Instances["p"] = RuntimeUnderTest.ProbeConfig(config);
        options.Packages.PollInterval = TimeSpan.FromMilliseconds(300);
        options.Packages.Sources.Add(new() { Name = "own", Location = Location });
        rules?.Invoke(options.Packages);
    };

    public async ValueTask DisposeAsync()
    {
        if (_folder is null)
        {
            await Http.DisposeAsync();
        }
        else
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
