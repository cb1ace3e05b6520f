using System.Text.Json;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Loading;

public sealed class SqliteUnloadTests
{
    [Fact]
    public async Task Unload_UsedOnAFile_IsCollectedTwentyTimes()
    {
        await using var loads = new Loads();
        using var data = new TemporaryDirectory();
        for (var round = 0; round < 20; round++)
        {
            var package = loads.Make(BuiltConnectors.Output("Sqlite"));
            await UseAsync(loads, package, Settings(data, "numbers.db"), round);
            await loads.UntilCollectedAsync(package);
        }
    }

    [Fact]
    public async Task Call_CopyOfSqliteThatIsSharedIsDeleted_GoesOnWithTheLoadedOne()
    {
        await using var loads = new Loads();
        using var data = new TemporaryDirectory();
        var (first, second) = (loads.Make(BuiltConnectors.Output("Sqlite")), loads.Make(BuiltConnectors.Output("Sqlite")));
        await using var holder = await loads.AcquireAsync(first);
        await UseAsync(loads, first, Settings(data, "first.db"), 0);
        await using var user = await loads.AcquireAsync(second);
        await Loads.CallAsync(user, "execute", """{"sql":"create table n (v integer)"}""", Settings(data, "second.db"));

        // The functions that reading needs are bound only now.
        Directory.Delete(Path.Combine(first.Directory, "runtimes"), recursive: true);

        var answer = JsonElement.Parse(await Loads.CallAsync(user, "query", """{"sql":"select count(*) as c from n"}""", Settings(data, "second.db")));
        Assert.Equal(0, answer.GetProperty("rows")[0].GetProperty("c").GetInt32());
    }

    private static string Settings(TemporaryDirectory data, string file) => JsonSerializer.Serialize(new { dataSource = Path.Combine(data.Path, file) });

    private static async Task UseAsync(Loads loads, Loads.Package package, string settings, int round)
    {
        await using var share = await loads.AcquireAsync(package);
        await Loads.CallAsync(share, "execute", """{"sql":"create table if not exists n (v integer)"}""", settings);
        await Loads.CallAsync(share, "execute", """{"sql":"insert into n values (1)"}""", settings);
        var answer = JsonElement.Parse(await Loads.CallAsync(share, "query", """{"sql":"select count(*) as c from n"}""", settings));
        Assert.Equal(round + 1, answer.GetProperty("rows")[0].GetProperty("c").GetInt32());
    }
}
