using System.Text;
using System.Text.Json;
using PluginRuntime.Connectors.Sqlite;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Sdk;

public sealed class SqliteWriteTests
{
    private const string Table = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)";

    [Fact]
    public async Task Execute_Statements_CountTheirOwnRows()
    {
        await using var sqlite = await SqliteFixture.CreateAsync(Table);

        Assert.Equal(2, await sqlite.ExecuteAsync("INSERT INTO t (name) VALUES (@a), (@b)", new { a = "x", b = "y" }));
        Assert.Equal(0, await sqlite.ExecuteAsync("CREATE INDEX i ON t (name)"));
        Assert.Equal(0, await sqlite.ExecuteAsync("UPDATE t SET name = 'z' WHERE id = 99"));
        Assert.Equal(1, await sqlite.ExecuteAsync("DELETE FROM t WHERE name = ?", new[] { "x" }));
    }

    [Fact]
    public async Task Execute_ConstraintViolated_IsConflictWithoutTheValue()
    {
        await using var sqlite = await SqliteFixture.CreateAsync(Table, "INSERT INTO t (name) VALUES ('hunter2')");

        var failure = await sqlite.FailAsync("execute", new { sql = "INSERT INTO t (name) VALUES (?)", parameters = new[] { "hunter2" } });

        Assert.Equal(ConnectorErrorKind.Conflict, failure.Kind);
        Assert.Equal("SQLite refused: UNIQUE constraint failed: t.name.", failure.Message);
    }

    [Fact]
    public async Task Execute_ForeignKeyViolated_IsConflict()
    {
        await using var sqlite = await SqliteFixture.CreateAsync(Table, "CREATE TABLE c (t INTEGER REFERENCES t (id))");

        Assert.Equal(ConnectorErrorKind.Conflict, (await sqlite.FailAsync("execute", new { sql = "INSERT INTO c VALUES (7)" })).Kind);
    }

    [Fact]
    public async Task Execute_LockedByAnother_IsUnavailableAndNotSent()
    {
        await using var sqlite = await SqliteFixture.CreateAsync(Table);
        await using var other = new Microsoft.Data.Sqlite.SqliteConnection(
            $"Data Source={Path.Combine(sqlite.Folder, "data", "test.db")};Pooling=False");
        await other.OpenAsync();
        await using var writing = await other.BeginTransactionAsync(System.Data.IsolationLevel.Serializable);

        var failure = await sqlite.FailAsync("execute", new { sql = "INSERT INTO t (name) VALUES ('x')" });
        var transaction = await sqlite.FailAsync("transaction", new { statements = new[] { new { sql = "INSERT INTO t (name) VALUES ('x')" } } });

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.False(failure.WasSent);
        Assert.Equal(ConnectorErrorKind.Unavailable, transaction.Kind);
        await writing.RollbackAsync();
        Assert.Equal(1, await sqlite.ExecuteAsync("INSERT INTO t (name) VALUES ('x')"));
    }

    [Theory]
    [InlineData("ATTACH '{0}/other.db' AS other")]
    [InlineData("VACUUM INTO '{0}/other.db'")]
    [InlineData("VACUUM")]
    public async Task Execute_ReachForAnotherFile_IsRefused(string sql)
    {
        await using var sqlite = await SqliteFixture.CreateAsync(Table);
        sql = sql.Replace("{0}", sqlite.Folder, StringComparison.Ordinal);

        foreach (var action in new[] { "execute", "query" })
        {
            Assert.Equal(ConnectorErrorKind.Input, (await sqlite.FailAsync(action, new { sql })).Kind);
        }

        Assert.False(File.Exists(Path.Combine(sqlite.Folder, "other.db")));
    }

    [Theory]
    [InlineData("BEGIN")]
    [InlineData("COMMIT")]
    [InlineData("SAVEPOINT s")]
    [InlineData("CREATE TEMP TABLE x (i)")]
    [InlineData("PRAGMA foreign_keys = OFF")]
    [InlineData("PRAGMA query_only = ON")]
    [InlineData("PRAGMA writable_schema = ON")]
    [InlineData("PRAGMA temp_store_directory = '/'")]
    [InlineData("SELECT load_extension('x')")]
    public async Task Execute_WhatWouldStayInTheConnection_IsRefused(string sql)
    {
        await using var sqlite = await SqliteFixture.CreateAsync(Table);

        Assert.Equal(ConnectorErrorKind.Input, (await sqlite.FailAsync("execute", new { sql })).Kind);
    }

    [Fact]
    public async Task Open_NewFile_HasLogAndForeignKeys()
    {
        await using var sqlite = await SqliteFixture.CreateAsync(Table);

        Assert.True(File.Exists(Path.Combine(sqlite.Folder, "data", "test.db-wal")));
        Assert.Equal("1", await sqlite.ScalarAsync("PRAGMA foreign_keys"));
    }

    [Fact]
    public async Task Transaction_AllGood_GivesEachCount()
    {
        await using var sqlite = await SqliteFixture.CreateAsync(Table);

        var result = await sqlite.CallAsync("transaction", new
        {
            statements = new object[]
            {
                new { sql = "INSERT INTO t (name) VALUES (@n)", parameters = new { n = "a" } },
                new { sql = "INSERT INTO t (name) VALUES ('b'), ('c')" },
                new { sql = "DELETE FROM t WHERE name = 'nobody'" },
            },
        });

        Assert.Equal("""{"results":[{"rowsAffected":1},{"rowsAffected":2},{"rowsAffected":0}]}""", result.GetRawText());
        Assert.Equal("3", await sqlite.ScalarAsync("SELECT count(*) FROM t"));
    }

    [Theory]
    [InlineData("INSERT INTO t (name) VALUES ('a')", ConnectorErrorKind.Conflict)]
    [InlineData("INSERT OR ROLLBACK INTO t (name) VALUES ('a')", ConnectorErrorKind.Conflict)]
    [InlineData("COMMIT", ConnectorErrorKind.Input)]
    [InlineData("SELECT nothing", ConnectorErrorKind.Input)]
    public async Task Transaction_OneFails_NoneTakesEffect(string failing, ConnectorErrorKind kind)
    {
        await using var sqlite = await SqliteFixture.CreateAsync(Table);

        var failure = await sqlite.FailAsync(
            "transaction", new { statements = new[] { new { sql = "INSERT INTO t (name) VALUES ('a')" }, new { sql = failing } } });

        Assert.Equal(kind, failure.Kind);
        Assert.StartsWith("Statement 2 of 2: ", failure.Message, StringComparison.Ordinal);
        Assert.Equal("0", await sqlite.ScalarAsync("SELECT count(*) FROM t"));
        Assert.Equal(1, await sqlite.ExecuteAsync("INSERT INTO t (name) VALUES ('a')"));
    }

    [Fact]
    public async Task Transaction_Cancelled_NoneTakesEffect()
    {
        await using var sqlite = await SqliteFixture.CreateAsync(Table);
        var statements = new[]
        {
            new { sql = "INSERT INTO t (name) VALUES ('a')" },
            new { sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n" },
        };
        for (var spins = 0; spins < 20; spins++)
        {
            using var cancellation = new CancellationTokenSource();
            var call = sqlite.CallAsync("transaction", new { statements }, cancellation.Token);
            Thread.SpinWait(spins * 2000);

            await cancellation.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            Assert.Equal("0", await sqlite.ScalarAsync("SELECT count(*) FROM t"));
        }

        Assert.Equal(1, await sqlite.ExecuteAsync("INSERT INTO t (name) VALUES ('a')"));
    }

    [Theory]
    [InlineData(":memory:")]
    [InlineData("file:/tmp/x.db?vfs=unix-none")]
    [InlineData("relative.db")]
    public async Task Open_NoAbsolutePath_IsInput(string dataSource)
    {
        IConnector connector = new SqliteConnector();
        var settings = JsonSerializer.SerializeToUtf8Bytes(new { dataSource });
        await connector.InitializeAsync(new() { Instance = "test", Version = "1.0.0", Settings = settings }, default);

        var failure = await Assert.ThrowsAsync<ConnectorException>(() => connector.OpenAsync(default).AsTask());

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
    }

    [Fact]
    public async Task Open_NoDatabase_IsUnavailableAndNamesNoPath()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("no.db", new string('x', 4096));
        IConnector connector = new SqliteConnector();
        await connector.InitializeAsync(
            new() { Instance = "test", Version = "1.0.0", Settings = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { dataSource = path })) }, default);

        var failure = await Assert.ThrowsAsync<ConnectorException>(() => connector.OpenAsync(default).AsTask());

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.DoesNotContain(directory.Path, failure.Message, StringComparison.Ordinal);
    }
}
