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
            await UseAsync(loads, package, JsonSerializer.Serialize(new { dataSource = Path.Combine(data.Path, "numbers.db") }), round);
            loads.UntilCollected(package);
        }
    }

    private static async Task UseAsync(Loads loads, Loads.Package package, string settings, int round)
    {
        await using var share = await loads.AcquireAsync(package);
        await Loads.CallAsync(share, "execute", """{"sql":"create table if not exists n (v integer)"}""", settings);
        await Loads.CallAsync(share, "execute", """{"sql":"insert into n values (1)"}""", settings);
        var answer = JsonElement.Parse(await Loads.CallAsync(share, "query", """{"sql":"select count(*) as c from n"}""", settings));
        Assert.Equal(round + 1, answer.GetProperty("rows")[0].GetProperty("c").GetInt32());
    }
}
