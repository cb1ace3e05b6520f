extern alias host;

using Dapper;
using PluginRuntime.Host.State;
using PluginRuntime.Host.Tests.State;
using PluginRuntime.Management;
using PluginRuntime.Tests.Running;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;
using StateSchema = host::PluginRuntime.Host.State.StateSchema;

namespace PluginRuntime.Host.Tests.Backup;

[Collection(PostgresShared.Name)]
public sealed class StateBackupTests(PostgresShared shared)
{
    private static readonly StateWrite _write = StateWrite.Plain;

    /// <summary>Which tables stay behind was decided, for each; all others are there, and what a new step adds.</summary>
    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Write_EveryTableThatTheDatabaseHas_IsInItOrLeftOut(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var tables = await database.RunAsync("read", database.FindTablesAsync);

        var reader = new host::PluginRuntime.Host.State.BackupReader(new MemoryStream(await BackupText.OfAsync(database)), "The file");
        await reader.CheckAsync(CancellationToken.None);

        Assert.Equal(["event", "event_mark", "host", "host_event", "host_event_mark", "lease", "pending_authorization"], StateBackup.LeftOut.Order(StringComparer.Ordinal));
        Assert.Equal(tables.Order(StringComparer.Ordinal), reader.Tables.Keys.Concat(StateBackup.LeftOut).Append("schema_version").Order(StringComparer.Ordinal));
        foreach (var (table, columns) in reader.Tables)
        {
            Assert.Equal(columns.Order(StringComparer.Ordinal), (await ColumnsAsync(database, kind, table)).Order(StringComparer.Ordinal));
        }
    }

    /// <summary>Nothing in PostgreSQL counts by itself, and so nothing has to be told where to go on.</summary>
    [PostgresFact]
    public async Task Schema_InPostgres_HasNoSequences()
    {
        using var place = await StatePlace.CreateAsync(StateKind.Postgres, shared);
        await using var database = await place.OpenAsync();

        Assert.Equal(0, await database.RunAsync("read", connection => connection.ExecuteScalarAsync<long>(
            "SELECT (SELECT count(*) FROM pg_class WHERE relkind = 'S') + (SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema() AND (is_identity = 'YES' OR column_default LIKE 'nextval%'))")));
    }

    /// <summary>Somebody writes while it is read: it has all of that which was there at first, and nothing else; nobody waits.</summary>
    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Write_WhileOthersWrite_IsOfOneMoment(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = await place.StoreAsync(database);
        await SaveAsync(store, "before");
        using var output = new Interrupted(async () =>
        {
            await SaveAsync(store, "meanwhile");
            await store.SaveDefinitionAsync("before", null, _write, CancellationToken.None);
        });
        for (var i = 0; i < 60; i++)
        {
            // So many bytes that it is written in several parts.
            await store.SaveTokensAsync($"token{i}", new byte[4096], _write, CancellationToken.None);
        }

        await new StateBackup(database, TimeProvider.System).WriteAsync(output, CancellationToken.None);

        Assert.True(output.Parts > 2, $"{output.Parts} parts");
        var rows = await BackupText.RowsAsync(output.ToArray());
        Assert.Equal("before", Assert.Single(rows["instance"])["name"].GetString());
        Assert.Equal(61, rows["change"].Max(change => change["revision"].GetInt64()));
        Assert.Equal(60, rows["token"].Count());
    }

    [Theory]
    [InlineData(StateKind.Sqlite, StateKind.Sqlite)]
    [PostgresCase(StateKind.Postgres)]
    [PostgresCase(StateKind.Sqlite)]
    public async Task Restore_IntoAnotherAndBack_HasTheSameRows(StateKind from, StateKind to)
    {
        using var place = await StatePlace.CreateAsync(from, shared);
        await using var database = await place.OpenAsync();
        var store = await place.StoreAsync(database);
        await SaveAsync(store, "orders");
        await store.SaveTokensAsync("orders", "é \0 \""u8.ToArray(), _write, CancellationToken.None);
        var file = await BackupText.OfAsync(database);
        using var target = await StatePlace.CreateAsync(to, shared);

        await RestoreAsync(target, file);
        using var third = await StatePlace.CreateAsync(from, shared);
        await RestoreAsync(third, await ReadAsync(target));
        Assert.Equal(Body(file), Body(await ReadAsync(third)));

        File.Copy(place.KeyFile, target.KeyFile);
        await using var restored = await target.OpenAsync();
        Assert.Equal(Body(file), Body(await BackupText.OfAsync(restored)));
        var there = await target.StoreAsync(restored);
        Assert.Equal("{}"u8.ToArray(), (await there.LoadAsync(CancellationToken.None)).Definitions["orders"].Config.ToArray());
        Assert.Equal("é \0 \""u8.ToArray(), (await there.ReadTokensAsync("orders", CancellationToken.None)).Tokens!.Value.ToArray());
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Restore_WhereThereIsAState_ChangesNothing(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        await SaveAsync(await place.StoreAsync(database), "orders");
        var file = await BackupText.OfAsync(database);
        await SaveAsync(await place.StoreAsync(database), "later");
        var before = Body(await BackupText.OfAsync(database));

        var failure = await Assert.ThrowsAsync<StateException>(() => RestoreAsync(place, file));

        Assert.Contains("is not empty", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, Body(await BackupText.OfAsync(database)));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Restore_OfAnOlderSchema_IsBroughtForwardAtTheNextStart(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        var path = Path.Combine(place.Directory, "old");
        BackupText.Write(path, 5, "org", [["default", 0], ["acme", 7]]);

        await RestoreAsync(place, await File.ReadAllBytesAsync(path));

        await using (var old = place.AsItIs())
        {
            Assert.Equal(5, await old.RunAsync("read", connection => connection.ExecuteScalarAsync<long>("SELECT version FROM schema_version")));
        }

        await using var database = await place.OpenAsync();
        Assert.Equal(StateSchema.Newest, await database.RunAsync("read", connection => connection.ExecuteScalarAsync<long>("SELECT version FROM schema_version")));
        Assert.Equal(["acme", "default"], await database.RunAsync("read", connection => connection.QueryAsync<string>("SELECT name FROM org ORDER BY name")));
    }

    [Fact]
    public async Task Restore_OfANewerSchemaOrOtherTables_IsRefused()
    {
        using var place = await StatePlace.CreateAsync(StateKind.Sqlite, shared);
        var path = Path.Combine(place.Directory, "file");
        BackupText.Write(path, StateSchema.Newest + 1, "org", []);
        Assert.Equal(
            $"The file has schema {StateSchema.Newest + 1}, written by a newer program; this one knows schemas up to {StateSchema.Newest}.", await RefusalAsync(await File.ReadAllBytesAsync(path)));

        BackupText.Write(path, 5, "org", []);
        var text = await File.ReadAllTextAsync(path);
        var head = text[..text.LastIndexOf("{\"rows\"", StringComparison.Ordinal)].Replace("\"schema\":5", "\"schema\":4", StringComparison.Ordinal);
        var last = System.Text.Json.Nodes.JsonNode.Parse(text[text.LastIndexOf("{\"rows\"", StringComparison.Ordinal)..])!;
        last["sha256"] = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(head)));
        Assert.Equal("The file does not have the tables and columns of schema 4.", await RefusalAsync(System.Text.Encoding.UTF8.GetBytes($"{head}{last.ToJsonString()}\n")));

        static async Task<string> RefusalAsync(byte[] file) =>
            (await Assert.ThrowsAsync<host::PluginRuntime.Host.State.BackupException>(() => StateRestore.CheckAsync(new MemoryStream(file), "The file", CancellationToken.None))).Message;
    }

    private static Task SaveAsync(SqlStateStore store, string name) =>
        store.SaveDefinitionAsync(name, new(1, "{}"u8.ToArray(), true), _write, CancellationToken.None);

    private static async Task RestoreAsync(StatePlace place, byte[] file)
    {
        var header = await StateRestore.CheckAsync(new MemoryStream(file), "The file", CancellationToken.None);
        await using var database = place.AsItIs();
        await StateRestore.RunAsync(database, new MemoryStream(file), "The file", header.Schema, CancellationToken.None);
    }

    private static async Task<byte[]> ReadAsync(StatePlace place)
    {
        await using var database = await place.OpenAsync();
        return await BackupText.OfAsync(database);
    }

    // Without the first line, which has the time, and the last one, which has the hash of it.
    private static string[] Body(byte[] file) => System.Text.Encoding.UTF8.GetString(file).Split('\n')[1..^2];

    private static Task<IEnumerable<string>> ColumnsAsync(StateDatabase database, StateKind kind, string table) => database.RunAsync("read", connection => connection.QueryAsync<string>(
        kind == StateKind.Sqlite
            ? "SELECT name FROM pragma_table_info(@table)"
            : "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = @table",
        new { table }));

    /// <summary>A stream that does something before it takes the first bytes.</summary>
    private sealed class Interrupted(Func<Task> first) : MemoryStream
    {
        public int Parts { get; private set; }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Parts++ == 0)
            {
                await first();
            }

            await base.WriteAsync(buffer, cancellationToken);
        }
    }
}
