using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Endpoints;

[Collection(RunningHost.Name)]
public sealed class BatchTests(RunningHost host)
{
    [Fact]
    public async Task Batch_AnswersEachInOrder()
    {
        await host.Client.ConnectAsync("several", """{"connector":"demo","pool":{"size":5,"min":1}}""");

        var response = await host.Client.SendAsync(
            HttpMethod.Post,
            "api/batch",
            Http.Json("""
                {"parallel":4,"items":[
                  {"instance":"several","action":"slow","input":{"milliseconds":60000}},
                  {"instance":"several","action":"echo","input":{ "a": [1, 2.50, "ä"] }},
                  {"instance":"none","action":"echo"},
                  {"instance":"several","action":"none"},
                  {"instance":"several","action":"echo"}]}
                """),
            ("Connector-Timeout", "2s"));

        var results = (await response.JsonAsync()).GetProperty("results").EnumerateArray().ToList();
        Assert.Equal(["failed", "ok", "failed", "failed", "ok"], results.Select(result => result.GetProperty("status").GetString()));
        Assert.Equal("""{ "a": [1, 2.50, "ä"] }""", results[1].GetProperty("output").GetRawText());
        Assert.Equal("{}", results[4].GetProperty("output").GetRawText());
        Assert.Equal([(504, "deadline.exceeded"), (404, "instance.unknown"), (404, "action.unknown")], new[] { 0, 2, 3 }.Select(at => Problem(results[at])));
    }

    [Fact]
    public async Task Batch_HundredAndOneItems_IsRefusedAndAHundredAreNot()
    {
        await host.Client.ConnectedAsync("fixed");

        var hundred = await (await host.Client.PostAsync("api/batch", Items(100))).JsonAsync();
        Assert.Equal(100, hundred.GetProperty("results").EnumerateArray().Count(result => result.GetProperty("status").GetString() == "ok"));
        var problem = await (await host.Client.PostAsync("api/batch", Items(101))).ProblemAsync(HttpStatusCode.BadRequest, "batch.invalid");
        Assert.Equal(["/items"], problem.Pointers());

        static string Items(int count) =>
            $$"""{"items":[{{string.Join(',', Enumerable.Repeat("""{"instance":"fixed","action":"echo"}""", count))}}]}""";
    }

    [Fact]
    public async Task Batch_ManyErrors_TellsAllOfThem()
    {
        var response = await host.Client.PostAsync(
            "api/batch", """{"paralel":1,"parallel":33,"items":[7,{"instance":1,"action":"a"},{"inputs":{},"instance":"x"}]}""");

        var problem = await response.ProblemAsync(HttpStatusCode.BadRequest, "batch.invalid");
        Assert.Equal(["/items/0", "/items/1/instance", "/items/2/action", "/items/2/inputs", "/paralel", "/parallel"], problem.Pointers());
        await (await host.Client.PostAsync("api/batch", "{}")).ProblemAsync(HttpStatusCode.BadRequest, "batch.invalid");
        await (await host.Client.PostAsync("api/batch", "[]")).ProblemAsync(HttpStatusCode.BadRequest, "batch.invalid");
        await (await host.Client.PostAsync("api/batch", "{")).ProblemAsync(HttpStatusCode.BadRequest, "json.invalid");
    }

    [Fact]
    public async Task Batch_ClientGoesAway_IsCancelled()
    {
        await host.Client.ConnectAsync("batch-left", """{"connector":"demo","pool":{"size":3},"timeout":"2m","attemptTimeout":"2m"}""");
        using var leaving = new CancellationTokenSource();
        using var items = Http.Json($$$"""{"items":[{{{string.Join(',', Enumerable.Repeat("""{"instance":"batch-left","action":"slow","input":{"milliseconds":60000}}""", 3))}}}]}""");
        var batch = host.Client.PostAsync(new Uri("api/batch", UriKind.Relative), items, leaving.Token);
        await Poll.UntilAsync(async () => await InUseAsync() == 3, () => "The calls have not begun.");

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => batch);
        await Poll.UntilAsync(async () => await InUseAsync() == 0, () => "The calls go on.");

        async Task<int> InUseAsync() =>
            (await host.Client.GetJsonAsync("api/instances/batch-left")).GetProperty("status").GetProperty("pool").GetProperty("inUse").GetInt32();
    }

    private static (int Status, string? Code) Problem(JsonElement result) =>
        (result.GetProperty("problem").GetProperty("status").GetInt32(), result.GetProperty("problem").GetProperty("code").GetString());
}
