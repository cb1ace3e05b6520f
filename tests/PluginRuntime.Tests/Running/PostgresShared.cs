namespace PluginRuntime.Tests.Running;

/// <summary>One server for the tests that leave it running. Starts with the first that asks.</summary>
public sealed class PostgresShared : IAsyncLifetime
{
    internal const string Name = "postgres";

    internal PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = PostgresServer.Missing is null ? await PostgresServer.StartAsync() : null!;

    public async Task DisposeAsync()
    {
        if (PostgresServer.Missing is null)
        {
            await Server.DisposeAsync();
        }
    }

    [CollectionDefinition(Name)]
    public sealed class Shared : ICollectionFixture<PostgresShared>;
}
