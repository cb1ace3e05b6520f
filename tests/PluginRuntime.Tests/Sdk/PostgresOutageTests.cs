using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Tests.Sdk;

/// <summary>What calls meet when the server stops answering, goes, and comes back. On a server of its own.</summary>
public sealed class PostgresOutageTests(PostgresShared shared) : IClassFixture<PostgresShared>
{
    /// <summary>A bound for what must come to pass; reached only when it does not.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private PostgresServer Server => shared.Server;

    [PostgresTheory]
    [InlineData("query")]
    [InlineData("execute")]
    [InlineData("transaction")]
    public async Task Call_Cancelled_StopsOnTheServerToo(string action)
    {
        await using var postgres = await PostgresFixture.CreateAsync(Server);
        using var cancellation = new CancellationTokenSource();
        var call = postgres.CallAsync(action, InputOf(action, "SELECT pg_sleep(3600)"), cancellation.Token);
        await UntilSleepingAsync(1);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(_patience, TimeProvider.System));
        await UntilSleepingAsync(0);
        await postgres.ReconnectAsync();
        Assert.Equal("1", await postgres.ScalarAsync("SELECT 1"));
    }

    [PostgresTheory]
    [InlineData("query")]
    [InlineData("execute")]
    [InlineData("transaction")]
    public async Task Call_ServerDoesNotAnswer_EndsByItsToken(string action)
    {
        await using var postgres = await PostgresFixture.CreateAsync(Server);
        Server.Freeze();
        try
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(1), TimeProvider.System);

            var call = postgres.CallAsync(action, InputOf(action, "SELECT 1"), deadline.Token);

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(_patience, TimeProvider.System));
        }
        finally
        {
            Server.Thaw();
        }

        await postgres.ReconnectAsync();
        Assert.Equal("1", await postgres.ScalarAsync("SELECT 1"));
    }

    [PostgresFact]
    public async Task Call_ServerFallsSilentAmidTheRows_EndsByItsToken()
    {
        await using var postgres = await PostgresFixture.CreateAsync(Server);
        using var deadline = new CancellationTokenSource();
        var call = postgres.CallAsync("query", new { sql = "SELECT i, pg_sleep(0.001) IS NULL FROM generate_series(1, 10000) AS i", maxRows = 10000 }, deadline.Token);
        await UntilAsync(async () => (await Server.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT i, pg_sleep%' AND state = 'active'")).Trim() == "1");
        Server.Freeze();
        try
        {
            await deadline.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(_patience, TimeProvider.System));
        }
        finally
        {
            Server.Thaw();
        }
    }

    [PostgresFact]
    public async Task OpenCheckAndClose_ServerDoesNotAnswer_EndByTheirTokens()
    {
        var connector = await PostgresFixture.ConnectorAsync(Server);
        var connections = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => connector.OpenAsync(default).AsTask()));
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
        await UntilAsync(async () => (await Server.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pluginruntime/test'")).Trim() == "0");
    }

    [PostgresTheory]
    [InlineData("query", true)]
    [InlineData("execute", true)]
    [InlineData("transaction", false)]
    public async Task Call_ServerIsKilledMeanwhile_IsUnavailableAndComesBack(string action, bool wasSent)
    {
        await using var postgres = await PostgresFixture.CreateAsync(Server);
        var call = postgres.CallAsync(action, InputOf(action, "SELECT pg_sleep(3600)"));
        await UntilSleepingAsync(1);

        await Server.KillAsync();

        var failure = await Assert.ThrowsAsync<ConnectorException>(() => call.WaitAsync(_patience, TimeProvider.System));
        var refused = await Assert.ThrowsAsync<ConnectorException>(postgres.ReconnectAsync);
        var again = await postgres.FailAsync(action, InputOf(action, "SELECT 1"));
        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.Equal(wasSent, failure.WasSent);
        Assert.Equal(ConnectorErrorKind.Unavailable, refused.Kind);
        Assert.False(refused.WasSent);
        Assert.Equal(ConnectorErrorKind.Unavailable, again.Kind);
        Assert.False(again.WasSent);
        await Server.StartAgainAsync();
        await postgres.ReconnectAsync();
        Assert.Equal("1", await postgres.ScalarAsync("SELECT 1"));
    }

    [PostgresTheory]
    [InlineData("query")]
    [InlineData("execute")]
    [InlineData("transaction")]
    public async Task Call_ServerWasRestarted_IsUnavailableAndNotSent(string action)
    {
        await using var postgres = await PostgresFixture.CreateAsync(Server);
        await Server.StopAsync();
        await Server.StartAgainAsync();

        var failure = await postgres.FailAsync(action, InputOf(action, "SELECT 1"));

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.False(failure.WasSent);
        await postgres.ReconnectAsync();
        Assert.Equal("1", await postgres.ScalarAsync("SELECT 1"));
    }

    [PostgresFact]
    public async Task Check_ServerIsGone_IsUnhealthy()
    {
        await using var postgres = await PostgresFixture.CreateAsync(Server);
        await Server.KillAsync();

        Assert.False((await postgres.CheckAsync()).IsHealthy);
        Assert.False((await postgres.CheckAsync()).IsHealthy);

        await Server.StartAgainAsync();
    }

    private static object InputOf(string action, string sql) => action == "transaction" ? new { statements = new[] { new { sql } } } : new { sql };

    private Task UntilSleepingAsync(int count) => UntilAsync(
        async () => (await Server.SqlAsync("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'")).Trim() == $"{count}");

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var bound = new CancellationTokenSource(_patience, TimeProvider.System);
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, bound.Token);
        }
    }
}
