using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Tests.Plugins.RabbitMq;

/// <summary>What calls meet when the broker stops answering, goes, and comes back. On a broker of its own.</summary>
public sealed class RabbitMqOutageTests(RabbitMqShared shared) : IClassFixture<RabbitMqShared>
{
    /// <summary>A bound for what must come to pass; reached only when it does not.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private RabbitMqServer Server => shared.Server;

    /// <summary>Twenty seconds each, which the client waits for the end of a connection that is frozen.</summary>
    [LongFact(NeedsRabbitMq = true)]
    public async Task CallThatReads_BrokerDoesNotAnswer_EndsByItsToken()
    {
        await Call_BrokerDoesNotAnswer_EndsByItsToken("get");
        await Call_BrokerDoesNotAnswer_EndsByItsToken("queue");
    }

    [RabbitMqTheory]
    [InlineData("publish")]
    public async Task Call_BrokerDoesNotAnswer_EndsByItsToken(string action)
    {
        await using var rabbit = await RabbitMqFixture.CreateAsync(Server);
        Server.Freeze();
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);

            var call = rabbit.CallAsync(action, InputOf(action), deadline.Token);

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(_patience, TimeProvider.System));
            Assert.Equal((ConnectorErrorKind.Unavailable, false), await KindAsync(rabbit, action));
        }
        finally
        {
            Server.Thaw();
        }

        await rabbit.ReconnectAsync();
        await rabbit.CallAsync(action, InputOf(action));
    }

    [LongFact(NeedsRabbitMq = true)]
    public async Task OpenCheckAndClose_BrokerDoesNotAnswer_EndByTheirTokens()
    {
        var connector = await RabbitMqFixture.ConnectorAsync(Server.Port);
        var connections = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => connector.OpenAsync(default).AsTask()));
        Server.Freeze();
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);

            // One stays unused, and is closed in order.
            var checks = connections.Skip(1).Select(connection => connector.CheckAsync(connection, deadline.Token).AsTask()).ToList();
            var opening = connector.OpenAsync(deadline.Token).AsTask();

            foreach (var check in checks)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check.WaitAsync(_patience, TimeProvider.System));
            }

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.WaitAsync(_patience, TimeProvider.System));
            await Task.WhenAll(connections.Select(connection => connector.CloseAsync(connection, default).AsTask())).WaitAsync(_patience, TimeProvider.System);
        }
        finally
        {
            Server.Thaw();
        }

        await connector.DestroyAsync(default);
    }

    [RabbitMqTheory]
    [InlineData("publish", true)]
    [InlineData("get", false)]
    [InlineData("queue", false)]
    public async Task Call_BrokerIsKilledMeanwhile_IsUnavailableAndComesBack(string action, bool wasSent)
    {
        await using var rabbit = await RabbitMqFixture.CreateAsync(Server);
        Server.Freeze();
        var call = rabbit.CallAsync(action, InputOf(action));

        await Server.KillAsync();

        var failure = await Assert.ThrowsAsync<ConnectorException>(() => call.WaitAsync(_patience, TimeProvider.System));
        Assert.Equal((ConnectorErrorKind.Unavailable, wasSent), (failure.Kind, failure.WasSent));
        Assert.Equal((ConnectorErrorKind.Unavailable, false), await KindAsync(rabbit, action));
        Assert.False((await rabbit.CheckAsync()).IsHealthy);
        var refused = await Assert.ThrowsAsync<ConnectorException>(rabbit.ReconnectAsync);
        Assert.Equal((ConnectorErrorKind.Unavailable, false), (refused.Kind, refused.WasSent));
        await Server.StartAgainAsync();
        await rabbit.ReconnectAsync();
        await rabbit.CallAsync(action, InputOf(action));
    }

    [RabbitMqFact]
    public async Task Publish_BrokerIsShortOfMemory_WaitsUntilItIsNot()
    {
        await using var rabbit = await RabbitMqFixture.CreateAsync(Server);
        await Server.ControlAsync("set_vm_memory_high_watermark", "0.000001");
        var call = rabbit.CallAsync("publish", InputOf("publish"));
        await Server.ControlAsync("eval", "vm_memory_monitor:get_vm_memory_high_watermark().");
        Assert.False(call.IsCompleted);

        await Server.ControlAsync("set_vm_memory_high_watermark", "0.9");

        Assert.True((await call.WaitAsync(_patience, TimeProvider.System)).GetProperty("confirmed").GetBoolean());
    }

    private static object InputOf(string action) => action == "publish" ? new { routingKey = RabbitMqServer.Queue, body = 1 } : new { queue = RabbitMqServer.Queue };

    private static async Task<(ConnectorErrorKind Kind, bool WasSent)> KindAsync(RabbitMqFixture rabbit, string action)
    {
        var failure = await rabbit.FailAsync(action, InputOf(action));
        return (failure.Kind, failure.WasSent);
    }
}
