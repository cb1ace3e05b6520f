using PluginRuntime.Management;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management;

/// <summary>Two versions of the sqlite connector have one file open during a swap. Nothing that was written may be lost.</summary>
public sealed class SqliteSwapTests
{
    [Fact]
    public async Task Swap_WhileWriting_DatabaseIsWholeAndHasEveryRow()
    {
        await using var test = RuntimeUnderTest.Create();
        var built = FixturePackages.BuiltPlugin("Sqlite");
        FixturePackages.Drop(built, test.DropFolder, "sqlite-0", "1.0.0");
        FixturePackages.Drop(built, test.DropFolder, "sqlite-1", "1.0.1");
        await test.StartAsync(options => options.Instances["db"] =
            """{"connector":"sqlite","version":"1.x","settings":{"dataSource":"db.db"},"pool":{"size":4,"min":1},"bake":{"time":"0s"}}""");
        await test.CallAsync("execute", """{"sql":"CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)"}""", "db");
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 3).Select(_ => Task.Run(() => WriteAsync(test, stop.Token))).ToList();

        for (var swap = 0; swap < 20; swap++)
        {
            var next = SemanticVersion.Parse(test.Status("db").Generation!.Version == "1.0.1" ? "1.0.0" : "1.0.1");
            var ended = await test.Runtime.Swaps.Swap("db", next).Ended;
            Assert.True(ended.Status == OperationStatus.Succeeded, $"{ended.Code} {ended.Detail}");
        }

        await stop.CancelAsync();
        var written = (await Task.WhenAll(writers)).Sum();
        var check = await test.CallAsync("query", """{"sql":"SELECT integrity_check FROM pragma_integrity_check"}""", "db");
        var count = await test.CallAsync("query", """{"sql":"SELECT count(*) AS n FROM t"}""", "db");
        Assert.Equal("ok", check.GetProperty("rows")[0].GetProperty("integrity_check").GetString());
        Assert.Equal(written, count.GetProperty("rows")[0].GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task Open_FileIsOpenThroughAnotherCopyOfTheLibrary_IsRefused()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.Drop(FixturePackages.BuiltPlugin("Sqlite"), test.DropFolder, "sqlite-0", "1.0.0");
        await test.StartAsync(options => options.Instances["db"] =
            """{"connector":"sqlite","settings":{"dataSource":"db.db"},"pool":{"size":1}}""");
        await test.CallAsync("query", """{"sql":"SELECT 1 AS n"}""", "db");
        var table = (Dictionary<string, (nint Library, int Count)>)AppDomain.CurrentDomain.GetData("PluginRuntime.Connectors.Sqlite.OpenFiles")!;
        var other = Path.Combine(test.Runtime.DataDirectory, "sqlite", "other.db");
        lock (table)
        {
            Assert.Contains(Path.Combine(test.Runtime.DataDirectory, "sqlite", "db.db"), table.Keys);
            table[other] = (table.Values.First().Library + 1, 1);
        }

        await test.Runtime.Editor.PutAsync(
            "second", System.Text.Json.JsonElement.Parse("""{"connector":"sqlite","settings":{"dataSource":"other.db"}}"""), null,
            mustBeNew: true, isTrusted: false, dryRun: false, CancellationToken.None);

        await test.UntilAsync(status => status.LastError is { Code: "connector.unavailable" }, "second");
        Assert.Contains("another SQLite library", test.Status("second").LastError!.Detail, StringComparison.Ordinal);
        lock (table)
        {
            table.Remove(other);
        }

        await test.UntilVersionAsync("1.0.0", "second");
    }

    private static async Task<int> WriteAsync(RuntimeUnderTest test, CancellationToken stop)
    {
        var written = 0;
        while (!stop.IsCancellationRequested)
        {
            await test.CallAsync("execute", """{"sql":"INSERT INTO t (x) VALUES (@x)","parameters":{"x":"some text"}}""", "db");
            written++;
        }

        return written;
    }
}
