namespace PluginRuntime.Tests.Running;

/// <summary>One server for the tests that leave it running. Starts with the first that asks.</summary>
public sealed class SwiftShared : IAsyncLifetime
{
    internal const string Name = "swift";

    internal SwiftServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = SwiftServer.Missing is null ? await SwiftServer.StartAsync() : null!;

    public async Task DisposeAsync()
    {
        if (SwiftServer.Missing is null)
        {
            await Server.DisposeAsync();
        }
    }

    [CollectionDefinition(Name)]
    public sealed class Shared : ICollectionFixture<SwiftShared>;
}
