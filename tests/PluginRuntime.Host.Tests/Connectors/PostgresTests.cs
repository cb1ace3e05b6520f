using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.Connectors;

[Collection(RunningHost.Name)]
public sealed class PostgresTests(RunningHost host, PostgresShared shared) : IClassFixture<PostgresShared>
{
    [PostgresFact]
    public async Task Instance_OfTheBuiltIn_TakesCalls()
    {
        await host.Client.ConnectAsync("pg", Config(new { database = PostgresServer.Database, username = PostgresServer.Guest }));
        const string Actions = "api/instances/pg/actions";
        await (await host.Client.PostAsync($"{Actions}/execute", """{"sql":"CREATE TABLE item (id int PRIMARY KEY, price numeric)"}""")).JsonAsync();

        var inserted = await (await host.Client.PostAsync($"{Actions}/execute", """{"sql":"INSERT INTO item VALUES (@id, @price)","parameters":{"id":1,"price":4.50}}""")).JsonAsync();
        var found = await (await host.Client.PostAsync($"{Actions}/query", """{"sql":"SELECT * FROM item"}""")).JsonAsync();

        Assert.Equal(1, inserted.GetProperty("rowsAffected").GetInt64());
        Assert.Equal("""[{"id":1,"price":4.50}]""", found.GetProperty("rows").GetRawText());
        await (await host.Client.PostAsync($"{Actions}/execute", """{"sql":"INSERT INTO item VALUES (1)"}""")).ProblemAsync(HttpStatusCode.Conflict, "connector.conflict");
        await (await host.Client.PostAsync($"{Actions}/query", """{"sql":"DELETE FROM item"}""")).ProblemAsync(HttpStatusCode.UnprocessableEntity, "connector.input");
    }

    [PostgresTheory]
    [InlineData("""{"username":"guest"}""", "/settings/database")]
    [InlineData("""{"database":"app","sslMode":"Maybe"}""", "/settings/sslMode")]
    [InlineData("""{"database":"app","password":"open-sesame"}""", "/settings/password")]
    public async Task Settings_Wrong_NameTheField(string settings, string pointer)
    {
        var response = await host.Client.PutAsync("api/instances/pg-wrong", Config(JsonElement.Parse(settings)));

        var problem = await response.ProblemAsync(HttpStatusCode.BadRequest, "config.invalid");
        Assert.Equal([pointer], problem.Pointers());
    }

    [PostgresFact]
    public async Task Instance_ServerWantsAPassword_SaysAuth()
    {
        await (await host.Client.PutAsync("api/instances/pg-auth", Config(new { database = PostgresServer.Database, username = PostgresServer.Username }))).JsonAsync();

        await Poll.UntilAsync(
            async () => (await host.Client.GetJsonAsync("api/instances/pg-auth")).GetProperty("status").GetProperty("lastError") is { ValueKind: JsonValueKind.Object } error
                && error.GetProperty("code").GetString() == "connector.auth",
            () => "It does not say that the server wants a password.");
    }

    private string Config(object settings) => JsonSerializer.Serialize(
        new { connector = "postgres", host = PostgresServer.Host, port = shared.Server.Port, settings, pool = new { size = 2 } });
}
