using System.Net;
using System.Text.Json;
using Dapper;
using Microsoft.Data.Sqlite;
using PluginRuntime.Host.Tests.Auth;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Audit;

public sealed class AuditTests : IAsyncLifetime
{
    private const string Secret = "canary-canary-canary";
    private const string Config = $$$"""{"connector":"demo","pool":{"size":1},"credentials":{"type":"bearer","token":"{{{Secret}}}"}}""";

    private readonly HostDirectory _directory = new();
    private HostProgram _program = null!;
    private HttpClient _host = null!;

    public async Task InitializeAsync()
    {
        _program = await HostProgram.StartAsync(_directory);
        _host = _program.Client(_directory);
    }

    public Task DisposeAsync()
    {
        _host?.Dispose();
        _program?.Dispose();
        _directory.Dispose();
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Requests_ThatMayChangeSomething_AreThereWithWhoAndOutcome()
    {
        await (await _host.PostAsync("api/orgs", """{"name":"acme"}""")).JsonAsync();
        var (adminId, adminKey) = await _host.KeyAsync("acme", "org-admin");
        using var admin = _program.With(adminKey);
        var (readerId, readerKey) = await admin.KeyAsync("acme", "read", "invoke");
        using var reader = _program.With(readerKey);
        var defined = await admin.PutAsync("api/instances/orders", Config.Replace("demo", "sqlite", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.BadRequest, defined.StatusCode);
        await (await admin.PutAsync("api/instances/orders", """{"connector":"demo","pool":{"size":1}}""")).JsonAsync();
        await (await reader.SendAsync(HttpMethod.Delete, "api/instances/orders")).ProblemAsync(HttpStatusCode.Forbidden, "auth.forbidden");
        await admin.ConnectedAsync("orders");

        // None of these is written down.
        await (await reader.PostAsync("api/instances/orders/actions/echo", """{"text":"x"}""")).JsonAsync();
        await (await admin.PutAsync("api/instances/orders?dryRun=true", """{"connector":"demo"}""")).JsonAsync();
        await (await admin.PostAsync("api/instances/orders/validate", """{"connector":"demo"}""")).JsonAsync();
        using (var nobody = _program.With("prk_nobody"))
        {
            await (await nobody.SendAsync(HttpMethod.Delete, "api/instances/orders")).ProblemAsync(HttpStatusCode.Unauthorized, "auth.invalid");
        }

        await admin.EndOfAsync(await admin.PostAsync("api/instances/orders/reconnect"));
        await (await admin.PostAsync("api/instances/disconnect")).JsonAsync();
        await (await admin.SendAsync(HttpMethod.Delete, $"api/orgs/acme/keys/{readerId}")).JsonAsync();

        (string, string, string, string)[] expected =
        [
            (adminId, "POST /api/orgs/{org}/keys", readerId, "done"),
            (adminId, "PUT /api/instances/{name}", "orders", "config.invalid"),
            (adminId, "PUT /api/instances/{name}", "orders", "done"),
            (readerId, "DELETE /api/instances/{name}", "orders", "auth.forbidden"),
            (adminId, "POST /api/instances/{name}/reconnect", "orders", "accepted"),
            (adminId, "POST /api/instances/disconnect", "orders", "done"),
            (adminId, "DELETE /api/orgs/{org}/keys/{keyId}", readerId, "done"),
        ];
        Assert.Equal(expected, await EntriesAsync(admin));

        // The host's administrator sees all orgs', and of one by its header.
        var all = await EntriesAsync(_host);
        Assert.Equal([("admin", "POST /api/orgs", "acme", "done"), ("admin", "POST /api/orgs/{org}/keys", adminId, "done"), .. expected], all);
        Assert.Equal(expected, await EntriesAsync(_host, ("Connector-Org", "acme")));

        // Its change is the one that the events tell of.
        var page = await _host.GetJsonAsync("api/audit");
        var changed = page.GetProperty("items").EnumerateArray().Single(entry => entry.GetProperty("action").GetString() == "PUT /api/instances/{name}" && entry.GetProperty("change").ValueKind == JsonValueKind.Number);
        using var events = await admin.SendAsync(HttpMethod.Get, "api/events?type=instance.configured", null, ("Accept", "application/json"));
        Assert.Equal(changed.GetProperty("change").GetInt64(), (await events.JsonAsync()).GetProperty("items")[0].GetProperty("change").GetInt64());
        Assert.DoesNotContain(Secret, page.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_PageByPage_HasEachOnce()
    {
        for (var i = 0; i < 5; i++)
        {
            await (await _host.PutAsync($"api/instances/i{i}", """{"connector":"demo","enabled":false}""")).JsonAsync();
        }

        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await _host.GetJsonAsync($"api/audit?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("target").GetString()!));
            cursor = page.GetProperty("nextCursor").GetString();
        }
        while (cursor is not null);

        Assert.Equal(["i4", "i3", "i2", "i1", "i0"], seen);
        await (await _host.GetAsync(new Uri("api/audit?cursor=x", UriKind.Relative))).ProblemAsync(HttpStatusCode.BadRequest, "query.invalid");
    }

    [Theory]
    [InlineData("UPDATE audit SET body = replace(body, 'i1', 'i9') WHERE sequence = 2", 1, "Entry 2 is not as it was written.")]
    [InlineData("UPDATE audit SET org = 'acme' WHERE sequence = 2", 1, "Entry 2 is not as it was written.")]
    [InlineData("UPDATE audit SET time = time - 1 WHERE sequence = 3", 2, "Entry 3 is not as it was written.")]
    [InlineData("DELETE FROM audit WHERE sequence = 2", 1, "Entry 2 is missing.")]
    [InlineData("DELETE FROM audit WHERE sequence = 1", 0, "Entry 1 is missing.")]
    [InlineData("DELETE FROM audit WHERE sequence = 2; UPDATE audit SET sequence = 2 WHERE sequence = 3", 1, "Entry 2 is not as it was written.")]
    public async Task Check_OfALogThatWasMeddledWith_SaysWhere(string meddling, long whole, string problem)
    {
        for (var i = 0; i < 3; i++)
        {
            await (await _host.PutAsync($"api/instances/i{i}", """{"connector":"demo","enabled":false}""")).JsonAsync();
        }

        var before = await _host.GetJsonAsync("api/audit/check");
        Assert.Equal((true, 3L, JsonValueKind.Null), (before.GetProperty("whole").GetBoolean(), before.GetProperty("sequence").GetInt64(), before.GetProperty("problem").ValueKind));
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(_directory.Data, "state.db")}"))
        {
            await connection.ExecuteAsync(meddling);
        }

        var after = await _host.GetJsonAsync("api/audit/check");
        Assert.Equal((false, whole, problem), (after.GetProperty("whole").GetBoolean(), after.GetProperty("sequence").GetInt64(), after.GetProperty("problem").GetString()));
    }

    private static async Task<IReadOnlyList<(string Key, string Action, string Target, string Outcome)>> EntriesAsync(HttpClient client, params (string Name, string Value)[] headers)
    {
        using var answer = await client.SendAsync(HttpMethod.Get, "api/audit", null, headers);
        return [.. (await answer.JsonAsync()).GetProperty("items").EnumerateArray().Reverse().Select(entry =>
        {
            string Of(string name) => entry.GetProperty(name).GetString()!;
            return (Of("key"), Of("action"), Of("target"), Of("outcome"));
        })];
    }
}
