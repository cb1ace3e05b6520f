namespace PluginRuntime.Tests.Running;

/// <summary>One broker for the tests that leave it running. Starts with the first that asks.</summary>
public sealed class RabbitMqShared : IAsyncLifetime
{
    internal const string Name = "rabbitmq";

    internal RabbitMqServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = RabbitMqServer.Missing is null ? await RabbitMqServer.StartAsync() : null!;

    public async Task DisposeAsync()
    {
        if (RabbitMqServer.Missing is null)
        {
            await Server.DisposeAsync();
        }
    }

    [CollectionDefinition(Name)]
    public sealed class Shared : ICollectionFixture<RabbitMqShared>;
}
