using System.Text.Json;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Tests.Sdk;

[Collection(PostgresShared.Name)]
public sealed class PostgresWriteTests(PostgresShared shared) : IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        if (PostgresServer.Missing is null)
        {
            await shared.Server.SqlAsync(
                """
                DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public AUTHORIZATION app; SET ROLE app;
                CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE CHECK (length(name) < 10));
                CREATE SEQUENCE s;
                CREATE FUNCTION writes() RETURNS int LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t (name) VALUES ('f'); RETURN 1; END $$;
                CREATE FUNCTION runs(sql text) RETURNS int LANGUAGE plpgsql AS $$ BEGIN EXECUTE sql; RETURN 1; END $$;
                CREATE PROCEDURE commits() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO t (name) VALUES ('p'); COMMIT; END $$;
                """);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [PostgresFact]
    public async Task Execute_Statements_CountTheirOwnRows()
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        Assert.Equal(2, await postgres.ExecuteAsync("INSERT INTO t (name) VALUES (@a), (@b) RETURNING id", new { a = "x", b = "y" }));
        Assert.Equal(0, await postgres.ExecuteAsync("CREATE INDEX ON t (name)"));
        Assert.Equal(0, await postgres.ExecuteAsync("UPDATE t SET name = 'z' WHERE id = 99"));
        Assert.Equal(1, await postgres.ExecuteAsync("DELETE FROM t WHERE name = $1", new[] { "x" }));
        Assert.Equal(0, await postgres.ExecuteAsync("SELECT name FROM t"));
        Assert.Equal(0, await postgres.ExecuteAsync("VACUUM t"));
        Assert.Equal(0, await postgres.ExecuteAsync("CALL commits()"));
        Assert.Equal("[\"p\",\"y\"]", await postgres.ScalarAsync("SELECT array_agg(name ORDER BY name) FROM t"));
    }

    /// <summary>Twenty ways for a query to leave something in the database.</summary>
    [PostgresTheory]
    [InlineData("INSERT INTO t (name) VALUES ('x')")]
    [InlineData("COMMIT")]
    [InlineData("COMMIT; INSERT INTO t (name) VALUES ('x')")]
    [InlineData("SELECT 1; COMMIT; INSERT INTO t (name) VALUES ('x')")]
    [InlineData("SELECT 1; INSERT INTO t (name) VALUES ('x')")]
    [InlineData("ROLLBACK AND CHAIN")]
    [InlineData("SET TRANSACTION READ WRITE")]
    [InlineData("WITH x AS (INSERT INTO t (name) VALUES ('x') RETURNING id) SELECT * FROM x")]
    [InlineData("WITH c AS MATERIALIZED (SELECT set_config('transaction_read_only', 'off', false)), x AS (INSERT INTO t (name) SELECT 'x' FROM c RETURNING id) SELECT * FROM x")]
    [InlineData("SELECT set_config('transaction_read_only', 'off', false), writes()")]
    [InlineData("SELECT set_config('default_transaction_read_only', 'off', false), writes()")]
    [InlineData("SELECT runs('SET TRANSACTION READ WRITE'), writes()")]
    [InlineData("SELECT runs('COMMIT'), writes()")]
    [InlineData("SELECT writes()")]
    [InlineData("SELECT runs('INSERT INTO t (name) VALUES (''x'')')")]
    [InlineData("EXPLAIN ANALYZE INSERT INTO t (name) VALUES ('x')")]
    [InlineData("SELECT 'x' AS name INTO u")]
    [InlineData("SELECT nextval('s')")]
    [InlineData("SELECT setval('s', 99)")]
    [InlineData("SELECT * FROM t FOR UPDATE")]
    [InlineData("DO $$ BEGIN INSERT INTO t (name) VALUES ('x'); END $$")]
    [InlineData("CALL commits()")]
    [InlineData("/* SELECT */ DELETE FROM t")]
    [InlineData("EXPLAIN (ANALYZE) CREATE TABLE u AS SELECT 1")]
    [InlineData("SELECT E'\\'; COMMIT; INSERT INTO t (name) VALUES (''x''); --'; INSERT INTO t (name) VALUES ('x')")]
    [InlineData("SELECT lo_from_bytea(0, '\\x00')")]
    public async Task Query_TriesToWrite_HasNoEffect(string sql)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        // Some are refused; what is rolled back counts as well.
        try
        {
            await postgres.CallAsync("query", new { sql });
        }
        catch (ConnectorException failure)
        {
            Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        }

        Assert.Equal("0", (await shared.Server.SqlAsync("SELECT count(*) FROM t")).Trim());
        Assert.Equal("f", (await shared.Server.SqlAsync("SELECT is_called FROM s")).Trim());
        Assert.Equal("0", (await shared.Server.SqlAsync("SELECT count(*) FROM pg_class WHERE relname = 'u'")).Trim());
        Assert.Equal("0", (await shared.Server.SqlAsync("SELECT count(*) FROM pg_largeobject_metadata")).Trim());
        Assert.Equal(1, await postgres.ExecuteAsync("INSERT INTO t (name) VALUES ('after')"));
    }

    [PostgresTheory]
    [InlineData("query", "SELECT set_config('search_path', 'pg_catalog', false)")]
    [InlineData("query", "SELECT set_config('datestyle', 'German', false)")]
    [InlineData("query", "SELECT pg_advisory_lock(42)")]
    [InlineData("query", "SELECT runs('PREPARE p AS SELECT 1')")]
    [InlineData("query", "SELECT runs('LISTEN c')")]
    [InlineData("query", "SELECT 1/(1-pg_advisory_lock(42)::text::int)")]
    [InlineData("execute", "SELECT set_config('search_path', 'pg_catalog', false)")]
    [InlineData("execute", "SELECT pg_advisory_lock(42)")]
    [InlineData("execute", "CREATE TEMP TABLE tmp (i int)")]
    [InlineData("execute", "DO $$ BEGIN EXECUTE 'SET ROLE pg_monitor'; END $$")]
    [InlineData("execute", "DO $$ BEGIN EXECUTE 'LISTEN c'; EXECUTE 'PREPARE p AS SELECT 1'; END $$")]
    [InlineData("execute", "DO $$ BEGIN PERFORM pg_advisory_lock(42); RAISE 'no'; END $$")]
    [InlineData("transaction", "SET search_path = pg_catalog")]
    [InlineData("transaction", "SELECT nextval('s')")]
    [InlineData("transaction", "SELECT pg_advisory_lock(42)")]
    [InlineData("transaction", "SET CONSTRAINTS ALL DEFERRED")]
    public async Task Call_ChangesItsSession_NextOneDoesNotSeeIt(string action, string sql)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);
        const string State =
            """
            SELECT concat_ws('|', current_setting('search_path'), current_setting('datestyle'), current_setting('timezone'), current_setting('intervalstyle'),
                session_user, current_user, (SELECT count(*) FROM pg_prepared_statements), (SELECT count(*) FROM pg_listening_channels()),
                (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), pg_my_temp_schema() = 0 OR to_regclass('tmp') IS NULL, current_date::text)
            """;
        var before = await postgres.ScalarAsync(State);

        try
        {
            await postgres.CallAsync(action, action == "transaction" ? new { statements = new[] { new { sql } } } : new { sql });
        }
        catch (ConnectorException failure)
        {
            Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        }

        Assert.Equal(before, await postgres.ScalarAsync(State));
        Assert.True((await postgres.CheckAsync()).IsHealthy);
    }

    [PostgresTheory]
    [InlineData("BEGIN", "use the action 'transaction'")]
    [InlineData("commit", "use the action 'transaction'")]
    [InlineData("PREPARE TRANSACTION 'x'", "use the action 'transaction'")]
    [InlineData("SET search_path = x", "SET is not accepted")]
    [InlineData("LISTEN x", "LISTEN is not accepted")]
    [InlineData("COPY t FROM STDIN", "COPY is not accepted")]
    [InlineData("DECLARE c CURSOR WITH HOLD FOR SELECT 1", "DECLARE is not accepted")]
    [InlineData("INSERT INTO t (name) VALUES ('x'); DELETE FROM t", "multiple commands")]
    public async Task Execute_Refused_SaysWhat(string sql, string expected)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        var failure = await postgres.FailAsync("execute", new { sql });

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [PostgresTheory]
    [InlineData("INSERT INTO t (name) VALUES (@p)", ConnectorErrorKind.Conflict, "23505")]
    [InlineData("INSERT INTO t (name) VALUES (@p || '1234567890')", ConnectorErrorKind.Conflict, "23514")]
    [InlineData("INSERT INTO t (name) SELECT NULL WHERE @p::text IS NOT NULL", ConnectorErrorKind.Conflict, "23502")]
    [InlineData("UPDATE t SET id = @p", ConnectorErrorKind.Input, "428C9")]
    [InlineData("SELECT @p::int", ConnectorErrorKind.Input, "22P02")]
    [InlineData("SELECT nobody(@p)", ConnectorErrorKind.Input, "42883")]
    [InlineData("INSERT INTO pg_catalog.pg_am (amname) VALUES (@p)", ConnectorErrorKind.Input, "42501")]
    public async Task Execute_Fails_IsOfItsKindAndTellsNoValue(string sql, ConnectorErrorKind kind, string state)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server, "INSERT INTO t (name) VALUES ('hunter2')");

        var failure = await postgres.FailAsync("execute", new { sql, parameters = new { p = "hunter2" } });

        Assert.Equal(kind, failure.Kind);
        Assert.StartsWith($"PostgreSQL refused ({state}): ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failure.Message, StringComparison.Ordinal);
        Assert.Equal("1", await postgres.ScalarAsync("SELECT count(*) FROM t"));
    }

    [PostgresFact]
    public async Task Execute_StatementTimeoutOfTheRole_IsTimeout()
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        var failure = await postgres.FailAsync(
            "transaction", new { statements = new[] { new { sql = "SET statement_timeout = 10" }, new { sql = "SELECT pg_sleep(60)" } } });

        Assert.Equal(ConnectorErrorKind.Timeout, failure.Kind);
        Assert.StartsWith("Statement 2 of 2: ", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.WasSent);
    }

    [PostgresFact]
    public async Task Transaction_AllGood_GivesEachCount()
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        var result = await postgres.CallAsync("transaction", new
        {
            statements = new object[]
            {
                new { sql = "INSERT INTO t (name) VALUES (@n)", parameters = new { n = "a" } },
                new { sql = "INSERT INTO t (name) VALUES ('b'), ('c')" },
                new { sql = "DELETE FROM t WHERE name = 'nobody'" },
            },
        });

        Assert.Equal("""{"results":[{"rowsAffected":1},{"rowsAffected":2},{"rowsAffected":0}]}""", result.GetRawText());
        Assert.Equal("3", await postgres.ScalarAsync("SELECT count(*) FROM t"));
    }

    [PostgresTheory]
    [InlineData("INSERT INTO t (name) VALUES ('a')", ConnectorErrorKind.Conflict)]
    [InlineData("COMMIT", ConnectorErrorKind.Input)]
    [InlineData("CALL commits()", ConnectorErrorKind.Input)]
    [InlineData("SELECT nothing", ConnectorErrorKind.Input)]
    [InlineData("SELECT 1; COMMIT", ConnectorErrorKind.Input)]
    [InlineData("VACUUM", ConnectorErrorKind.Input)]
    public async Task Transaction_OneFails_NoneTakesEffect(string failing, ConnectorErrorKind kind)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        var failure = await postgres.FailAsync(
            "transaction", new { statements = new[] { new { sql = "INSERT INTO t (name) VALUES ('a')" }, new { sql = failing } } });

        Assert.Equal(kind, failure.Kind);
        Assert.StartsWith("Statement 2 of 2: ", failure.Message, StringComparison.Ordinal);
        Assert.Equal("0", await postgres.ScalarAsync("SELECT count(*) FROM t"));
        Assert.Equal(1, await postgres.ExecuteAsync("INSERT INTO t (name) VALUES ('a')"));
    }

    [PostgresFact]
    public async Task Transaction_TwoDeadlock_OneIsConflictAndRolledBack()
    {
        await using var first = await PostgresFixture.CreateAsync(shared.Server, "INSERT INTO t (name) VALUES ('a'), ('b')");
        await using var second = await PostgresFixture.CreateAsync(shared.Server);

        // Each holds one row when it asks for the other: the advisory locks make them meet.
        var calls = new[] { (first, "a", "b", 1, 2), (second, "b", "a", 2, 1) }.Select(call => Task.Run(async () =>
        {
            var (postgres, own, other, mine, theirs) = call;
            object[] statements =
            [
                new { sql = "UPDATE t SET name = name WHERE name = @own", parameters = new { own } },
                new { sql = "SELECT pg_advisory_lock(@mine)", parameters = new { mine } },
                new { sql = "DO $$ BEGIN WHILE (SELECT count(*) < 2 FROM pg_locks WHERE locktype = 'advisory' AND granted) LOOP PERFORM pg_sleep(0.01); END LOOP; END $$" },
                new { sql = "UPDATE t SET name = name WHERE name = @other", parameters = new { other } },
            ];
            try
            {
                await postgres.CallAsync("transaction", new { statements });
                return null;
            }
            catch (ConnectorException failure)
            {
                return failure;
            }
        }));
        var failures = (await Task.WhenAll(calls)).OfType<ConnectorException>().ToList();

        var failure = Assert.Single(failures);
        Assert.Equal(ConnectorErrorKind.Conflict, failure.Kind);
        Assert.False(failure.WasSent);
        Assert.Contains("40P01", failure.Message, StringComparison.Ordinal);
    }
}
