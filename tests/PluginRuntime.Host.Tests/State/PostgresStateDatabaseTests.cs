extern alias host;

using Dapper;
using PluginRuntime.Host.State;
using PluginRuntime.Management;
using PluginRuntime.Tests.Running;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;

namespace PluginRuntime.Host.Tests.State;

[Collection(PostgresShared.Name)]
public sealed class PostgresStateDatabaseTests(PostgresShared shared)
{
    [PostgresFact]
    public async Task Run_ConnectionsWereDropped_ConnectsAgainAndRunsOnce()
    {
        using var place = await StatePlace.CreateAsync(StateKind.Postgres, shared);
        await using var database = await place.OpenAsync();
        await database.RunAsync("saved", connection => connection.ExecuteAsync("CREATE TABLE run (at TIMESTAMPTZ DEFAULT now())"));
        await FillPoolAsync(database, place.Server!.MaxPoolSize);
        await shared.Server.SqlAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{place.Server.Database}'");

        await database.RunAsync("saved", connection => connection.ExecuteAsync("INSERT INTO run DEFAULT VALUES"));

        Assert.Equal("1", (await shared.Server.SqlAsync("SELECT count(*) FROM run", place.Server.Database!)).Trim());
    }

    [PostgresFact]
    public async Task Run_LostInTheMiddle_FailsAndIsNotRunAgain()
    {
        using var place = await StatePlace.CreateAsync(StateKind.Postgres, shared);
        await using var database = await place.OpenAsync();
        var runs = 0;

        var failure = await Assert.ThrowsAsync<StateException>(() => database.RunAsync("saved", async connection =>
        {
            runs++;
            return await connection.ExecuteAsync("SELECT pg_terminate_backend(pg_backend_pid())");
        }));

        Assert.Equal((1, "state.failed", true), (runs, failure.Code, failure.IsTransient));
        Assert.StartsWith($"The state in database '{place.Server!.Database}' on 127.0.0.1:{shared.Server.Port} could not be saved: terminating connection", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.RunAsync("read", connection => connection.ExecuteScalarAsync<int>("SELECT 1")));
    }

    [PostgresFact]
    public async Task Run_ServerStopsFreezesAndComesBack_FailsThenWorks()
    {
        await using var server = await PostgresServer.StartAsync();
        var where = await StatePlace.DatabaseAsync(server);
        (where.Timeout, where.CommandTimeout) = (1, 1);
        await using var database = await PostgresStateDatabase.OpenAsync(where);
        await database.WriteKeyHashAsync([1]);

        await server.StopAsync();
        var refused = await Assert.ThrowsAsync<StateException>(() => database.WriteKeyHashAsync([2]));
        await Assert.ThrowsAsync<StateException>(() => PostgresStateDatabase.OpenAsync(where));
        await server.StartAgainAsync();
        Assert.Equal([1], await database.ReadKeyHashAsync());

        server.Freeze();
        var silent = await Assert.ThrowsAsync<StateException>(() => database.WriteKeyHashAsync([3]));
        var unopened = await Assert.ThrowsAsync<StateException>(() => PostgresStateDatabase.OpenAsync(where));
        server.Thaw();
        Assert.Equal([1], await database.ReadKeyHashAsync());
        await database.WriteKeyHashAsync([4]);
        Assert.Equal([4], await database.ReadKeyHashAsync());

        Assert.EndsWith("Connection refused", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("could not be saved: The server does not answer.", silent.Message, StringComparison.Ordinal);
        Assert.EndsWith("could not be opened: The server does not answer.", unopened.Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Open_SeveralServers_UsesThePrimaryThatIsThere()
    {
        using var place = await StatePlace.CreateAsync(StateKind.Postgres, shared);
        place.Server!.Host = $"127.0.0.1:1,{PostgresServer.Host}:{place.Server.Port}";

        await using var database = await place.OpenAsync();

        Assert.Null(await database.ReadKeyHashAsync());
    }

    /// <summary>Uses as many connections as there may be at the same time; then they are idle.</summary>
    private static Task FillPoolAsync(StateDatabase database, int size)
    {
        var inUse = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Task.WhenAll(Enumerable.Range(0, size).Select(_ => database.RunAsync("read", async connection =>
        {
            if (Interlocked.Increment(ref inUse) == size)
            {
                all.SetResult();
            }

            await all.Task;
            return 0;
        })));
    }
}
