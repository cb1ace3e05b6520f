using System.Text.Json;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Sdk;

public sealed class SqliteQueryTests
{
    [Fact]
    public async Task Query_EveryType_KeepsItsValue()
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        var result = await sqlite.QueryAsync("SELECT 9223372036854775807 AS i, -0.5 AS d, 'ü\"x' AS t, x'00ff10' AS b, NULL AS n, 9e999 AS e");

        Assert.Equal(
            """{"columns":["i","d","t","b","n","e"],"rows":[{"i":9223372036854775807,"d":-0.5,"t":"ü\"x","b":"AP8Q","n":null,"e":9e999}],"truncated":false}""",
            result);
    }

    [Fact]
    public async Task Query_ColumnsOfOneName_AreToldApart()
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        var result = await sqlite.QueryAsync("SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a");

        Assert.Contains("""[{"a":1,"a_3":2,"a_2":3,"a_4":4}]""", result, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null", "null")]
    [InlineData("true", "1")]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("1.25", "1.25")]
    [InlineData("18446744073709551616", "1.8446744073709552E+19")]
    [InlineData("\"\"", "\"\"")]
    [InlineData("\"a\\u0000b\"", "\"a\\u0000b\"")]
    public async Task Query_Parameter_ComesBackAsItWent(string value, string expected)
    {
        await using var sqlite = await SqliteFixture.CreateAsync();
        var json = JsonElement.Parse(value);

        Assert.Equal(expected, await sqlite.ScalarAsync("SELECT ?", new[] { json }));
        Assert.Equal(expected, await sqlite.ScalarAsync("SELECT $v", new { v = json }));
    }

    [Fact]
    public async Task Query_NamedParametersOfEachPrefix_AreBound()
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        Assert.Equal("\"1-two-3\"", await sqlite.ScalarAsync("SELECT @a || '-' || $b || '-' || :c", new { a = 1, b = "two", c = 3 }));
    }

    [Theory]
    [InlineData("SELECT ?", """{"a":1}""", "'parameters' must be an array")]
    [InlineData("SELECT @a", """[1]""", "'parameters' must be an object")]
    [InlineData("SELECT ?, ?", """[1]""", "has 2 parameters")]
    [InlineData("SELECT @a", """{}""", "@a is not in 'parameters'")]
    [InlineData("SELECT @a", """{"a":1,"typo":2}""", "no parameter 'typo'")]
    [InlineData("SELECT @a", """{"a":["secret"]}""", "must be null, a boolean, a number or a string")]
    [InlineData("SELECT @a", """{"a":1e999}""", "beyond what SQLite holds")]
    [InlineData("SELECT @a", "null", "'parameters' is missing")]
    [InlineData("SELECT 1; SELECT 2", "null", "several statements")]
    [InlineData(" -- nothing", "null", "no statement")]
    [InlineData("SELEC 1", "null", "syntax error")]
    [InlineData("DELETE FROM t", "null", "use the action 'execute'")]
    [InlineData("BEGIN", "null", "use the action 'transaction'")]
    public async Task Query_WrongInput_SaysWhat(string sql, string parameters, string expected)
    {
        await using var sqlite = await SqliteFixture.CreateAsync("CREATE TABLE t (id INTEGER)", "INSERT INTO t VALUES (1)");

        var failure = await sqlite.FailAsync("query", new { sql, parameters = JsonElement.Parse(parameters) });

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
        Assert.Equal("1", await sqlite.ScalarAsync("SELECT count(*) FROM t"));
    }

    [Fact]
    public async Task Query_OneStatementWithTrailingComment_Runs()
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        Assert.Equal("7", await sqlite.ScalarAsync("SELECT 7; ; -- done"));
    }

    [Theory]
    [InlineData(2, 2, true)]
    [InlineData(3, 3, false)]
    [InlineData(4, 3, false)]
    public async Task Query_MaxRows_Truncates(int maxRows, int rows, bool truncated)
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        var result = JsonElement.Parse(await sqlite.QueryAsync("SELECT value FROM json_each('[1,2,3]')", maxRows: maxRows));

        Assert.Equal(rows, result.GetProperty("rows").GetArrayLength());
        Assert.Equal(truncated, result.GetProperty("truncated").GetBoolean());
    }

    [Fact]
    public async Task Query_DefaultMaxRows_IsAThousand()
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        var result = JsonElement.Parse(await sqlite.QueryAsync(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"));

        Assert.Equal(1000, result.GetProperty("rows").GetArrayLength());
        Assert.True(result.GetProperty("truncated").GetBoolean());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10_001)]
    public async Task Query_MaxRowsOutOfRange_IsInput(int maxRows)
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        Assert.Contains("between 1 and 10000", (await sqlite.FailAsync("query", new { sql = "SELECT 1", maxRows })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Query_MoreThanEightMebibytes_Truncates()
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        var result = JsonElement.Parse(await sqlite.QueryAsync("SELECT zeroblob(3000000) AS b FROM json_each('[1,2,3,4]')"));

        Assert.Equal(2, result.GetProperty("rows").GetArrayLength());
        Assert.True(result.GetProperty("truncated").GetBoolean());
    }

    [Fact]
    public async Task Query_ValueBeyondMemoryBound_IsInput()
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        Assert.Equal(ConnectorErrorKind.Input, (await sqlite.FailAsync("query", new { sql = "SELECT zeroblob(900000000)" })).Kind);
    }

    [Fact]
    public async Task Query_FailsOnAParametersValue_DoesNotTellIt()
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        var failure = await sqlite.FailAsync("query", new { sql = "SELECT json_extract('{}', @path)", parameters = new { path = "hunter2" } });

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.DoesNotContain("hunter2", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Query_Cancelled_ReallyStops()
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        // Before it starts, just as it starts, and while it runs: an interrupt that is lost would leave it running for ever.
        for (var spins = 0; spins < 40; spins++)
        {
            using var cancellation = new CancellationTokenSource();
            var call = sqlite.CallAsync(
                "query", new { sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n" }, cancellation.Token);
            Thread.SpinWait(spins * 500);

            await cancellation.CancelAsync();

            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
            Assert.Equal("1", await sqlite.ScalarAsync("SELECT 1"));
        }
    }

    [Fact]
    public async Task Check_OpenDatabase_IsHealthy()
    {
        await using var sqlite = await SqliteFixture.CreateAsync();

        Assert.True((await sqlite.CheckAsync()).IsHealthy);
    }
}
