using System.Text.Json;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Tests.Sdk;

[Collection(PostgresShared.Name)]
public sealed class PostgresQueryTests(PostgresShared shared)
{
    [PostgresTheory]
    [InlineData("true", "true")]
    [InlineData("false", "false")]
    [InlineData("NULL::int", "null")]
    [InlineData("(-32768)::smallint", "-32768")]
    [InlineData("2147483647", "2147483647")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("(-9223372036854775808)::bigint", "-9223372036854775808")]
    [InlineData("4294967295::oid", "4294967295")]
    [InlineData("0.1::real", "0.1")]
    [InlineData("0.1::float8", "0.1")]
    [InlineData("1e300::float8", "1e+300")]
    [InlineData("'NaN'::float8", "\"NaN\"")]
    [InlineData("'-Infinity'::real", "\"-Infinity\"")]
    [InlineData("12345678901234567890123456789012345678.900", "12345678901234567890123456789012345678.900")]
    [InlineData("'NaN'::numeric", "\"NaN\"")]
    [InlineData("'Infinity'::numeric", "\"Infinity\"")]
    [InlineData("1.50::numeric(10,2)", "1.50")]
    [InlineData("12.5::money", "\"$12.50\"")]
    [InlineData("'ü\"x\n\u20ac'::text", "\"ü\\\"x\\n€\"")]
    [InlineData("''", "\"\"")]
    [InlineData("'ab'::char(4)", "\"ab  \"")]
    [InlineData("'a'::\"char\"", "\"a\"")]
    [InlineData("'\\x00ff10'::bytea", "\"AP8Q\"")]
    [InlineData("''::bytea", "\"\"")]
    [InlineData("date '2026-02-28'", "\"2026-02-28\"")]
    [InlineData("date 'infinity'", "\"infinity\"")]
    [InlineData("date '0044-03-15 BC'", "\"0044-03-15 BC\"")]
    [InlineData("time '12:34:56.789012'", "\"12:34:56.789012\"")]
    [InlineData("timetz '12:34:56+02'", "\"12:34:56+02:00\"")]
    [InlineData("timestamp '2026-02-28 12:34:56.5'", "\"2026-02-28T12:34:56.5\"")]
    [InlineData("timestamptz '2026-02-28 12:34:56.123456+05:30'", "\"2026-02-28T07:04:56.123456Z\"")]
    [InlineData("timestamptz '-infinity'", "\"-infinity\"")]
    [InlineData("timestamp '294276-01-01'", "\"294276-01-01T00:00:00\"")]
    [InlineData("interval '1 year 2 days 3:04:05.6'", "\"P1Y2DT3H4M5.6S\"")]
    [InlineData("'6F9619FF-8B86-D011-B42D-00C04FC964FF'::uuid", "\"6f9619ff-8b86-d011-b42d-00c04fc964ff\"")]
    [InlineData("'{\"b\": [1, 2.50, null], \"a\": \"x\"}'::json", "{\"b\": [1, 2.50, null], \"a\": \"x\"}")]
    [InlineData("'{\"b\":1,\"a\":12345678901234567890123}'::jsonb", "{\"a\": 12345678901234567890123, \"b\": 1}")]
    [InlineData("'null'::jsonb", "null")]
    [InlineData("'{\"a\":1,\"a\":2}'::json", "\"{\\\"a\\\":1,\\\"a\\\":2}\"")]
    [InlineData("'\"\\ud83d\\ude00\"'::json", "\"\\ud83d\\ude00\"")]
    [InlineData("'\"\\ud83d\"'::json", "\"\\\"\\\\ud83d\\\"\"")]
    [InlineData("'10.1.2.3/24'::inet", "\"10.1.2.3/24\"")]
    [InlineData("int4range(1,5)", "\"[1,5)\"")]
    [InlineData("point(1,2)", "\"(1,2)\"")]
    [InlineData("row(1,'a')", "\"(1,a)\"")]
    [InlineData("'<a/>'::xml", "\"<a/>\"")]
    [InlineData("'a b'::tsvector", "\"'a' 'b'\"")]
    [InlineData("B'101'", "\"101\"")]
    [InlineData("ARRAY[1,NULL,3]", "[1,null,3]")]
    [InlineData("ARRAY[[1,2],[3,4]]", "[[1,2],[3,4]]")]
    [InlineData("'{}'::int[]", "[]")]
    [InlineData("'[0:1]={1,2}'::int[]", "[1,2]")]
    [InlineData("ARRAY['a,b','NULL','q\"\\',NULL,'']", "[\"a,b\",\"NULL\",\"q\\\"\\\\\",null,\"\"]")]
    [InlineData("ARRAY[1.50,'NaN']::numeric[]", "[1.50,\"NaN\"]")]
    [InlineData("ARRAY[true,false]", "[true,false]")]
    [InlineData("ARRAY['{\"a\": \"}\"}']::jsonb[]", "[{\"a\": \"}\"}]")]
    [InlineData("ARRAY['\\x00ff']::bytea[]", "[\"AP8=\"]")]
    [InlineData("ARRAY[timestamptz '2026-01-01 00:00+00']", "[\"2026-01-01T00:00:00Z\"]")]
    [InlineData("ARRAY['6f9619ff-8b86-d011-b42d-00c04fc964ff']::uuid[]", "[\"6f9619ff-8b86-d011-b42d-00c04fc964ff\"]")]
    [InlineData("ARRAY['1 day']::interval[]", "[\"P1D\"]")]
    public async Task Query_EachType_KeepsItsValue(string expression, string expected)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        Assert.Equal(expected, await postgres.ScalarAsync($"SELECT {expression}"));
    }

    [PostgresTheory]
    [InlineData("smallint")]
    [InlineData("bigint")]
    [InlineData("numeric(12,3)")]
    [InlineData("double precision")]
    [InlineData("text")]
    [InlineData("varchar(20)")]
    public async Task Query_NumberParameter_FitsEveryNumberColumn(string type)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        var answer = await postgres.CallAsync("transaction", new
        {
            statements = new object[]
            {
                new { sql = $"CREATE TEMP TABLE n (v {type})" },
                new { sql = "INSERT INTO n VALUES ($1)", parameters = new[] { 42 } },
                new { sql = "DELETE FROM n WHERE v::text LIKE @like", parameters = new { like = "42%" } },
            },
        });

        Assert.Equal("""[{"rowsAffected":0},{"rowsAffected":1},{"rowsAffected":1}]""", answer.GetProperty("results").GetRawText());
    }

    [PostgresTheory]
    [InlineData("$1", "null", "null")]
    [InlineData("$1", "true", "true")]
    [InlineData("$1", "7", "7")]
    [InlineData("$1", "9007199254740993", "9007199254740993")]
    [InlineData("$1", "1.250", "1.250")]
    [InlineData("$1::numeric", "123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789")]
    [InlineData("$1::float8", "1e300", "1e+300")]
    [InlineData("$1", "\"\"", "\"\"")]
    [InlineData("$1", "\"it's; \\\"$1\\\" -- ü\"", "\"it's; \\\"$1\\\" -- ü\"")]
    [InlineData("$1::uuid", "\"6f9619ff-8b86-d011-b42d-00c04fc964ff\"", "\"6f9619ff-8b86-d011-b42d-00c04fc964ff\"")]
    [InlineData("date '2026-01-01' = $1", "\"2026-01-01\"", "true")]
    [InlineData("10 = $1", "\"10\"", "true")]
    [InlineData("10::numeric = $1", "10", "true")]
    [InlineData("7::smallint = $1", "7", "true")]
    [InlineData("repeat('x', $1)", "3", "\"xxx\"")]
    [InlineData("date '2026-01-01' + $1", "1", "\"2026-01-02\"")]
    [InlineData("timestamptz '2026-01-01 00:00+00' = $1", "\"2026-01-01T01:00:00+01:00\"", "true")]
    [InlineData("3 = ANY($1)", "[1,2,3]", "true")]
    [InlineData("$1::text[]", "[\"a,b\",\"q\\\"\\\\\",null,\"NULL\"]", "[\"a,b\",\"q\\\"\\\\\",null,\"NULL\"]")]
    [InlineData("$1::int[]", "[[1,2],[3,4]]", "[[1,2],[3,4]]")]
    [InlineData("$1::jsonb -> 'a'", "{\"a\":[1,\"x\"]}", "[1, \"x\"]")]
    [InlineData("'{\"a\":1}'::jsonb ? $1", "\"a\"", "true")]
    public async Task Query_Parameter_ArrivesAsItWent(string expression, string value, string expected)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        Assert.Equal(expected, await postgres.ScalarAsync($"SELECT {expression}", new[] { JsonElement.Parse(value) }));
    }

    [PostgresFact]
    public async Task Query_NamedParameters_AreFoundWhereTheyArePlaceholders()
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        var result = await postgres.ScalarAsync(
            """
            SELECT concat_ws('|', @a::text, :b::int, '@a :b', E'it\'s @a', "@a", $x$ @a $x$, (ARRAY[1,2,3])[:lo:2], @a /* @a /* :b */ */, 2=:b) -- @a
            FROM (SELECT 'col' AS "@a") AS t WHERE ARRAY[2] <@ ARRAY[:b]
            """,
            new { a = "A", b = 2, lo = 1 });

        Assert.Equal("\"A|2|@a :b|it's @a|col| @a |{1,2}|A|t\"", result);
    }

    [PostgresFact]
    public async Task Query_ColumnsOfOneName_AreToldApart()
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        Assert.Equal(
            """{"columns":["a","a_3","a_2","a_4"],"rows":[{"a":1,"a_3":2,"a_2":3,"a_4":4}],"truncated":false}""",
            await postgres.QueryAsync("SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a"));
    }

    [PostgresTheory]
    [InlineData("SHOW server_encoding", "UTF8")]
    [InlineData("VALUES (1)", "column1")]
    [InlineData("EXPLAIN SELECT 1", "QUERY PLAN")]
    [InlineData("WITH x AS (SELECT 5 AS n) SELECT n FROM x", "\"n\":5")]
    [InlineData("(SELECT 1 AS n)", "\"n\":1")]
    [InlineData("  /* c */ ; SELECT 7 AS n; ; -- done", "\"n\":7")]
    [InlineData("TABLE pg_catalog.pg_am", "heap")]
    [InlineData("SELECT 'a;b :c @d' AS n", "\"n\":\"a;b :c @d\"")]
    [InlineData("SELECT $q$it's /* -- $q$ AS n /* 'c */ -- \"$1 ?", "\"n\":\"it's /* -- \"")]
    public async Task Query_WhatReads_Runs(string sql, string expected)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        Assert.Contains(expected, await postgres.QueryAsync(sql), StringComparison.Ordinal);
    }

    [PostgresTheory]
    [InlineData("SELECT $1", """{"a":1}""", "'parameters' must be an array")]
    [InlineData("SELECT @a", """{"a":1,"typo":2}""", "no parameter 'typo'")]
    [InlineData("SELECT @a", """{}""", "42703")]
    [InlineData("SELECT $1, $2", """[1]""", "has 2 parameters")]
    [InlineData("SELECT $1", "null", "'parameters' is missing")]
    [InlineData("SELECT 1", "7", "must be an object")]
    [InlineData("SELECT 1; SELECT 2", "null", "multiple commands")]
    [InlineData(" -- nothing", "null", "no statement")]
    [InlineData("; ;", "null", "no statement")]
    [InlineData("SELEC 1", "null", "'query' only reads")]
    [InlineData("SELECT 1 FROM nowhere", "null", "42P01")]
    [InlineData("SELECT nothing", "null", "42703")]
    [InlineData("SELECT 1/0", "null", "22012")]
    [InlineData("SELECT $1::int", """["secret"]""", "22P02")]
    [InlineData("SELECT 'a\u0000b'", "null", "NUL")]
    [InlineData("SELECT $1", """["a\u0000b"]""", "22021")]
    [InlineData("SELECT $1", """["\ud800"]""", "no valid Unicode")]
    [InlineData("COPY pg_am TO STDOUT", "null", "COPY is not accepted")]
    public async Task Query_WrongInput_SaysWhat(string sql, string parameters, string expected)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);
        var input = $$"""{"sql":{{JsonSerializer.Serialize(sql)}},"parameters":{{parameters}}}""";

        var failure = await postgres.FailRawAsync("query", input);

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure.Message, StringComparison.Ordinal);
        Assert.Equal("1", await postgres.ScalarAsync("SELECT 1"));
    }

    [PostgresTheory]
    [InlineData(2, 2, true)]
    [InlineData(3, 3, false)]
    [InlineData(4, 3, false)]
    public async Task Query_MaxRows_Truncates(int maxRows, int rows, bool truncated)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        var result = JsonElement.Parse(await postgres.QueryAsync("SELECT generate_series(1, 3)", maxRows: maxRows));

        Assert.Equal(rows, result.GetProperty("rows").GetArrayLength());
        Assert.Equal(truncated, result.GetProperty("truncated").GetBoolean());
    }

    [PostgresFact]
    public async Task Query_EndlessResult_IsCutAndTheConnectionGoesOn()
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        var result = JsonElement.Parse(await postgres.QueryAsync("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"));

        Assert.Equal(1000, result.GetProperty("rows").GetArrayLength());
        Assert.True(result.GetProperty("truncated").GetBoolean());
        Assert.Equal("1", await postgres.ScalarAsync("SELECT 1"));
    }

    [PostgresTheory]
    [InlineData("SELECT decode(repeat('00', 3000000), 'hex') AS b FROM generate_series(1, 4)", 2)]
    [InlineData("SELECT repeat('x', 3000000) AS t FROM generate_series(1, 4)", 2)]
    [InlineData("SELECT 1 AS a, repeat('x', 300000000) AS t", 0)]
    [InlineData("SELECT repeat(chr(1), 2000000) AS t", 0)]
    public async Task Query_MoreThanEightMebibytes_Truncates(string sql, int rows)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        var result = JsonElement.Parse(await postgres.QueryAsync(sql));

        Assert.Equal(rows, result.GetProperty("rows").GetArrayLength());
        Assert.True(result.GetProperty("truncated").GetBoolean());
        Assert.Equal("1", await postgres.ScalarAsync("SELECT 1"));
    }

    [PostgresTheory]
    [InlineData(0)]
    [InlineData(10_001)]
    public async Task Query_MaxRowsOutOfRange_IsInput(int maxRows)
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        Assert.Contains("between 1 and 10000", (await postgres.FailAsync("query", new { sql = "SELECT 1", maxRows })).Message, StringComparison.Ordinal);
    }

    [PostgresFact]
    public async Task Query_DeepJson_IsText()
    {
        await using var postgres = await PostgresFixture.CreateAsync(shared.Server);

        Assert.Equal($"\"{new string('[', 70)}{new string(']', 70)}\"", await postgres.ScalarAsync("SELECT (repeat('[', 70) || repeat(']', 70))::json"));
    }
}
