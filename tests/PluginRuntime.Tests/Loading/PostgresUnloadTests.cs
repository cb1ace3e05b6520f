using System.Text.Json;
using PluginRuntime.Tests.Running;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Loading;

[Collection(PostgresShared.Name)]
public sealed class PostgresUnloadTests(PostgresShared shared)
{
    [PostgresFact]
    public async Task Unload_UsedOnAServer_IsCollectedFiveTimes()
    {
        await using var loads = new Loads();
        for (var round = 0; round < 5; round++)
        {
            var package = loads.Make(BuiltConnectors.Output("Postgres"));
            await UseAsync(loads, package, round);
            await loads.UntilCollectedAsync(package);
        }
    }

    private async Task UseAsync(Loads loads, Loads.Package package, int round)
    {
        var settings = JsonSerializer.Serialize(new { database = PostgresServer.Database, username = PostgresServer.Guest });
        await using var share = await loads.AcquireAsync(package);
        await CallAsync("execute", """{"sql":"create table if not exists unload (v int)"}""");
        await CallAsync("execute", """{"sql":"insert into unload values ($1)","parameters":[1.5]}""");

        // One that is cut, because Npgsql's way to cancel leaves more behind.
        await CallAsync("query", """{"sql":"select generate_series(1, 1000000)"}""");
        var answer = JsonElement.Parse(await CallAsync("query", """{"sql":"select count(*) as c from unload"}"""));
        Assert.Equal(round + 1, answer.GetProperty("rows")[0].GetProperty("c").GetInt32());

        Task<string> CallAsync(string action, string input) =>
            Loads.CallAsync(share, action, input, settings, PostgresServer.Host, shared.Server.Port);
    }
}
