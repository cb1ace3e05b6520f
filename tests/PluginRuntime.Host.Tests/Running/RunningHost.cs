namespace PluginRuntime.Host.Tests.Running;

/// <summary>One host for all tests that leave it as they found it, but for instances of their own.</summary>
public sealed class RunningHost : IAsyncLifetime
{
    internal const string Name = "running host";

    internal HostDirectory Directory { get; } = new HostDirectory().WithDrop();

    internal HostProgram Program { get; private set; } = null!;

    internal HttpClient Client { get; private set; } = null!;

    internal string Key => File.ReadAllText(Directory.KeyFile).Trim();

    public async Task InitializeAsync()
    {
        ConnectorFolder.Drop(ConnectorFolder.Stubborn, Directory.Drop, "stubborn");
        await File.WriteAllTextAsync(
            Directory.ConfigFile,
            """
            {"instances":{"fixed":{"connector":"demo","pool":{"size":1}},
                          "misspelt":{"connector":"demo","passwrod":"open-sesame","pool":{"sise":"open-sesame"}}}}
            """);
        Program = await HostProgram.StartAsync(Directory);
        Client = Program.Client(Directory);
    }

    public Task DisposeAsync()
    {
        Client?.Dispose();
        Program?.Dispose();
        Directory.Dispose();
        return Task.CompletedTask;
    }

    [CollectionDefinition(Name)]
    public sealed class Shared : ICollectionFixture<RunningHost>;
}
