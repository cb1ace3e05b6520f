using PluginRuntime.Tests.Packages;

namespace PluginRuntime.Host.Tests.Running;

/// <summary>
/// A host with a feed (<c>made.*</c>), a folder (<c>folder.*</c>) and a feed that is down (<c>gone.*</c>), for all tests that leave installed what they
/// found installed: nothing.
/// </summary>
public sealed class SourcesHost : IAsyncLifetime
{
    internal const string Name = "host with sources";

    internal HostDirectory Directory { get; } = new();

    internal HostProgram Program { get; private set; } = null!;

    internal HttpClient Client { get; private set; } = null!;

    internal string Url => Program.Url!.ToString();

    internal string Key => File.ReadAllText(Directory.KeyFile).Trim();

    private LoopbackFeed Feed { get; } = new(
        Connector("made.alpha", "1.9.0"), Connector("made.alpha", "1.10.0"), Connector("made.alpha", "2.0.0-beta", "weather auth:api_key action:now action:soon"), Connector("made.beta", "1.0.0"),
        TestPackages.Library(new() { Id = "made.parts" }));

    private LoopbackFeed Down { get; } = new();

    public async Task InitializeAsync()
    {
        var folder = System.IO.Directory.CreateDirectory(Path.Combine(Directory.Path, "packages")).FullName;
        await File.WriteAllBytesAsync(Path.Combine(folder, "folder.one.1.0.0.nupkg"), Connector("folder.one", "1.0.0"));
        await File.WriteAllBytesAsync(Path.Combine(folder, "folder.parts.1.0.0.nupkg"), TestPackages.Library(new() { Id = "folder.parts" }));
        await File.WriteAllBytesAsync(Path.Combine(folder, "made.alpha.9.0.0.nupkg"), Connector("made.alpha", "9.0.0"));
        await Down.GoDownAsync();
        Program = await HostProgram.StartAsync(
            Directory, SourceSettings.Of(("feed", Feed.Index, "made.*"), ("folder", folder, "folder.*"), ("down", Down.Index, "gone.*")));
        Client = Program.Client(Directory);
    }

    public async Task DisposeAsync()
    {
        Client?.Dispose();
        Program?.Dispose();
        await Feed.DisposeAsync();
        await Down.DisposeAsync();
        Directory.Dispose();
    }

    private static byte[] Connector(string id, string version, string tags = "") =>
        TestPackages.Connector(ConnectorFolder.Probe, new() { Id = id, Version = version, Tags = tags });

    [CollectionDefinition(Name)]
    public sealed class Shared : ICollectionFixture<SourcesHost>;
}
