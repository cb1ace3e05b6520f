extern alias host;

using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;
using PluginRuntime.Host.State;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Management;
using PluginRuntime.Tests.Running;
using StateSchema = host::PluginRuntime.Host.State.StateSchema;

namespace PluginRuntime.Host.Tests.State;

[Collection(PostgresShared.Name)]
public sealed class StateSchemaTests(PostgresShared shared)
{
    private const int Hosts = 4;

    /// <summary>Of each released step, the beginning of its SHA-256. Databases were made by them: a line here never changes.</summary>
    [Theory]
    [InlineData(StateKind.Sqlite, "12d6dbbbb1057856", "2ac7701beee4f70f", "c44bc377c05a5f1a", "d17c7a2a25c3b314", "a647616118357fd6", "efcf6e9f39031930", "712d84f3414d4dc6", "7d2f4cc425ee1934", "eecac38d9a7b37d2", "553828213ff9b203", "15595ebbdf4bc1f4")]
    [PostgresCase("d87c6f5d15014b3b", "6d50559495a71a44", "7302b30457a91512", "7396cf655c93181f", "4835ef1511ca4e8a", "b6c60206ec1fca02", "4638962ae9ad2432", "536ab2912ab8347b", "42bd268f3a7d355a", "95a715e7ef51425e", "c02c6b942b5a5fc2")]
    public async Task Steps_OnceReleased_NeverChange(StateKind kind, params string[] released)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();

        Assert.Equal(released, StateSchema.StepsFor(database).Take(released.Length).Select(step => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(step)))[..16]));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Open_NewerSchema_IsRefused(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using (var database = await place.OpenAsync())
        {
            await database.RunAsync("saved", connection => connection.ExecuteAsync("UPDATE schema_version SET version = 99"));
        }

        var failure = await Assert.ThrowsAsync<StateException>(place.OpenAsync);

        Assert.Contains("has schema 99, written by a newer program", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Open_ByManyAtOnce_AllComeUpWithOneSchemaAndOneSeal(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await File.WriteAllTextAsync(place.KeyFile, Convert.ToBase64String(new byte[32]));
        File.SetUnixFileMode(place.KeyFile, UnixFileMode.UserRead);

        var stores = await Task.WhenAll(Enumerable.Range(0, Hosts).Select(_ => Task.Run(async () =>
        {
            await using var database = await place.OpenAsync();
            await place.StoreAsync(database);
            return await database.RunAsync("read", connection => connection.QueryAsync<long>("SELECT version FROM schema_version"));
        })));

        Assert.All(stores, versions => Assert.Single(versions));
    }

    [PostgresFact]
    public async Task Open_AnotherOneMigrates_WaitsForIt()
    {
        using var place = await StatePlace.CreateAsync(StateKind.Postgres, shared);
        await using var other = new NpgsqlConnection(place.Server!.ConnectionString);
        await other.OpenAsync();
        await using (var first = await other.BeginTransactionAsync())
        {
            await using var mine = await PostgresStateDatabase.OpenAsync((await StatePlace.CreateAsync(StateKind.Postgres, shared)).Server!);
            await mine.LockAsync(other);
            var waiting = Enumerable.Range(0, Hosts).Select(_ => Task.Run(place.OpenAsync)).ToList();
            await Poll.UntilAsync(
                async () => (await shared.Server.SqlAsync(
                    $"SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database WHERE locktype = 'advisory' AND NOT granted AND datname = '{place.Server.Database}'")).Trim() == $"{Hosts}",
                () => "They do not wait.");
            Assert.Equal("0", (await shared.Server.SqlAsync("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", place.Server.Database!)).Trim());

            await first.RollbackAsync();

            foreach (var database in await Task.WhenAll(waiting))
            {
                await database.DisposeAsync();
            }
        }

        Assert.Equal("1", (await shared.Server.SqlAsync("SELECT count(*) FROM schema_version", place.Server.Database!)).Trim());
    }
}
