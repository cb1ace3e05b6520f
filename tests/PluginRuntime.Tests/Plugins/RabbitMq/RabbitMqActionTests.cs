using System.Text.Json;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;
using RabbitMQ.Client;

namespace PluginRuntime.Tests.Plugins.RabbitMq;

[Collection(RabbitMqShared.Name)]
public sealed class RabbitMqActionTests(RabbitMqShared shared) : IAsyncLifetime
{
    private RabbitMqFixture _rabbit = null!;

    public async Task InitializeAsync() => _rabbit = RabbitMqServer.Missing is null ? await RabbitMqFixture.CreateAsync(shared.Server) : null!;

    public async Task DisposeAsync()
    {
        if (_rabbit is not null)
        {
            await _rabbit.DisposeAsync();
        }
    }

    [RabbitMqFact]
    public async Task Publish_AllProperties_ComeBackAsTheyWere()
    {
        var queue = await _rabbit.QueueAsync(arguments: new() { ["x-max-priority"] = 9 });

        var published = await _rabbit.CallAsync("publish", new
        {
            routingKey = queue,
            body = new { order = 7, total = 12.5 },
            contentType = "application/vnd.order+json",
            headers = new { text = "é", whole = 9007199254740993, part = 1.5, yes = true, none = (string?)null, list = new object[] { 1, "a" }, table = new { x = "y" } },
            messageId = "m-1",
            expiration = 60000,
            priority = 4,
            correlationId = "c-1",
            replyTo = "answers",
            type = "order",
        });
        var message = Assert.Single(await _rabbit.GetAsync(queue));

        Assert.Equal("""{"confirmed":true}""", published.GetRawText());
        var expected = $$$"""
            {"exchange":"","routingKey":"{{{queue}}}","redelivered":false,"bodyType":"json","body":{"order":7,"total":12.5},"contentType":"application/vnd.order+json",
             "contentEncoding":null,"headers":{"text":"é","whole":9007199254740993,"part":1.5,"yes":true,"none":null,"list":[1,"a"],"table":{"x":"y"}},"persistent":true,
             "messageId":"m-1","expiration":60000,"priority":4,"correlationId":"c-1","replyTo":"answers","type":"order","timestamp":null,"appId":null,"userId":null}
            """;
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), message), message.GetRawText());
    }

    [RabbitMqTheory]
    [InlineData("""{"a":[1,null]}""", null, "json", """{"a":[1,null]}""", "application/json")]
    [InlineData("\"text\"", null, "json", "\"text\"", "application/json")]
    [InlineData("\"grüße\"", "text/plain", "text", "\"grüße\"", "text/plain")]
    [InlineData("\"not json\"", "application/json", "text", "\"not json\"", "application/json")]
    [InlineData("""{"base64":"AP8="}""", null, "base64", """{"base64":"AP8="}""", "application/octet-stream")]
    [InlineData("""{"base64":"aGk="}""", "text/plain", "text", "\"hi\"", "text/plain")]
    [InlineData("""{"base64":"/w=="}""", "text/plain", "base64", """{"base64":"/w=="}""", "text/plain")]
    [InlineData("null", null, "none", "null", null)]
    [InlineData("null", "text/plain", "none", "null", "text/plain")]
    public async Task Publish_EachKindOfBody_ComesBack(string body, string? contentType, string expectedType, string expected, string? expectedContentType)
    {
        var queue = await _rabbit.QueueAsync();

        await _rabbit.CallAsync("publish", new { routingKey = queue, body = JsonElement.Parse(body), contentType });
        var message = Assert.Single(await _rabbit.GetAsync(queue));

        Assert.Equal(expectedType, message.GetProperty("bodyType").GetString());
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse(expected), message.GetProperty("body")), message.GetRawText());
        Assert.Equal(expectedContentType, message.GetProperty("contentType").GetString());
    }

    [RabbitMqFact]
    public async Task Publish_HasNoHeaderThatNobodyGave()
    {
        var queue = await _rabbit.QueueAsync();

        await _rabbit.CallAsync("publish", new { routingKey = queue, body = 1, persistent = false });
        var message = await _rabbit.Channel.BasicGetAsync(queue, autoAck: true);

        Assert.Null(message!.BasicProperties.Headers);
        Assert.False(message.BasicProperties.Persistent);
    }

    [RabbitMqFact]
    public async Task Publish_NoQueueTakesIt_IsNotFoundUnlessThatIsWanted()
    {
        var failure = await _rabbit.FailAsync("publish", new { routingKey = "nobody", body = 1 });

        Assert.Equal((ConnectorErrorKind.NotFound, false), (failure.Kind, failure.WasSent));
        Assert.Contains("NO_ROUTE", failure.Message, StringComparison.Ordinal);
        await _rabbit.CallAsync("publish", new { routingKey = "nobody", body = 1, mandatory = false });
    }

    [RabbitMqFact]
    public async Task Publish_NoSuchExchange_IsNotFoundAndTheConnectionGoesOn()
    {
        var queue = await _rabbit.QueueAsync();
        for (var round = 0; round < 3; round++)
        {
            var failure = await _rabbit.FailAsync("publish", new { exchange = "nowhere", routingKey = queue, body = 1 });

            Assert.Equal(ConnectorErrorKind.NotFound, failure.Kind);
            Assert.Contains("no exchange 'nowhere'", failure.Message, StringComparison.Ordinal);
            await _rabbit.PublishAsync(queue, round);
        }

        Assert.Equal(["0", "1", "2"], (await _rabbit.GetAsync(queue, 10)).Select(message => message.GetProperty("body").GetRawText()));
    }

    [RabbitMqFact]
    public async Task Publish_QueueIsFull_IsUnavailable()
    {
        var queue = await _rabbit.QueueAsync(arguments: new() { ["x-max-length"] = 1, ["x-overflow"] = "reject-publish" });
        await _rabbit.PublishAsync(queue, 1);

        var failure = await _rabbit.FailAsync("publish", new { routingKey = queue, body = 2 });

        Assert.Equal((ConnectorErrorKind.Unavailable, true), (failure.Kind, failure.WasSent));
    }

    [RabbitMqFact]
    public async Task Publish_WithoutTheRight_IsAuth()
    {
        var queue = await _rabbit.QueueAsync();
        await using var reader = await RabbitMqFixture.CreateAsync(shared.Server, RabbitMqServer.Reader);

        var failure = await reader.FailAsync("publish", new { routingKey = queue, body = 1 });

        Assert.Equal((ConnectorErrorKind.Auth, true), (failure.Kind, failure.WasSent));
        Assert.Empty(await reader.GetAsync(queue));
    }

    [RabbitMqTheory]
    [InlineData("""{"routingKey":"q","body":{"a":1},"contentType":"text/plain"}""", "contentType")]
    [InlineData("""{"routingKey":"q","body":"a","contentType":"no type"}""", "no media type")]
    [InlineData("""{"routingKey":"q","body":"a","contentType":"text/plain; charset=latin1"}""", "another charset")]
    [InlineData("""{"routingKey":"q","body":{"base64":"?"}}""", "Base64")]
    [InlineData("""{"routingKey":"q","body":"\ud800","contentType":"text/plain"}""", "Unicode")]
    [InlineData("""{"routingKey":"q","headers":{"a":"\ud800"}}""", "Unicode")]
    public async Task Publish_WhatIsNoMessage_IsInputAndNothingWasSent(string input, string expected)
    {
        var failure = await _rabbit.FailAsync("publish", input);

        Assert.Equal((ConnectorErrorKind.Input, false), (failure.Kind, failure.WasSent));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [RabbitMqFact]
    public async Task Publish_TooLargeOrTooLong_IsInput()
    {
        foreach (var input in new object[]
        {
            new { routingKey = "q", body = new { base64 = Convert.ToBase64String(new byte[(8 * 1024 * 1024) + 1]) } },
            new { routingKey = new string('é', 200), body = 1 },
            new { routingKey = "q", headers = new { a = new string('x', 70_000) } },
        })
        {
            Assert.Equal(ConnectorErrorKind.Input, (await _rabbit.FailAsync("publish", input)).Kind);
        }
    }

    [RabbitMqFact]
    public async Task Get_Auto_TakesInOrder()
    {
        var queue = await _rabbit.QueueAsync();
        for (var number = 0; number < 5; number++)
        {
            await _rabbit.PublishAsync(queue, number);
        }

        var answer = await _rabbit.CallAsync("get", new { queue, count = 3 });

        Assert.Equal(["0", "1", "2"], answer.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("body").GetRawText()));
        Assert.Equal((2, false), (answer.GetProperty("remaining").GetInt32(), answer.GetProperty("truncated").GetBoolean()));
        Assert.Equal(["3", "4"], (await _rabbit.GetAsync(queue, 100)).Select(message => message.GetProperty("body").GetRawText()));
        Assert.Empty(await _rabbit.GetAsync(queue));
        await _rabbit.ReconnectAsync();
        Assert.Empty(await _rabbit.GetAsync(queue));
    }

    [RabbitMqFact]
    public async Task Get_Requeue_LeavesThemInOrder()
    {
        var queue = await _rabbit.QueueAsync();
        await _rabbit.PublishAsync(queue, 1);
        await _rabbit.PublishAsync(queue, 2);

        var looked = await _rabbit.GetAsync(queue, 10, "requeue");
        var got = await _rabbit.GetAsync(queue, 10);

        Assert.Equal(["1", "2"], looked.Select(message => message.GetProperty("body").GetRawText()));
        Assert.Equal(["1", "2"], got.Select(message => message.GetProperty("body").GetRawText()));
        Assert.All(got, message => Assert.True(message.GetProperty("redelivered").GetBoolean()));
    }

    [RabbitMqFact]
    public async Task Get_MoreBytesThanOneCallTakes_AreLeftInTheQueue()
    {
        var queue = await _rabbit.QueueAsync();
        foreach (var size in new[] { 5_000_000, 5_000_000, 9_000_000 })
        {
            await _rabbit.PutAsync(queue, new(), new byte[size]);
        }

        for (var round = 0; round < 2; round++)
        {
            var answer = await _rabbit.CallAsync("get", new { queue, count = 3 });
            Assert.Equal(1, answer.GetProperty("messages").GetArrayLength());
            Assert.Equal((2 - round, true), (answer.GetProperty("remaining").GetInt32(), answer.GetProperty("truncated").GetBoolean()));
        }

        var failure = await _rabbit.FailAsync("get", new { queue });

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.Contains("9000000", failure.Message, StringComparison.Ordinal);
        Assert.Equal(9_000_000, (await _rabbit.Channel.BasicGetAsync(queue, autoAck: true))!.Body.Length);
    }

    [RabbitMqFact]
    public async Task Get_MessageOfSomebodyElse_ShowsWhatAmqpKnows()
    {
        var queue = await _rabbit.QueueAsync();
        var properties = new BasicProperties
        {
            Timestamp = new(1_700_000_000),
            AppId = "app",
            ContentEncoding = "gzip",
            ContentType = "application/json",
            Headers = new Dictionary<string, object?>
            {
                ["time"] = new AmqpTimestamp(0),
                ["bytes"] = new byte[] { 0xff },
                ["decimal"] = 1.25m,
                ["table"] = new Dictionary<string, object?> { ["list"] = new List<object?> { (byte)1, 2.5f } },
            },
        };
        await _rabbit.PutAsync(queue, properties, "{}"u8.ToArray());

        var message = Assert.Single(await _rabbit.GetAsync(queue));

        Assert.Equal("base64", message.GetProperty("bodyType").GetString());
        Assert.Equal("2023-11-14T22:13:20+00:00", message.GetProperty("timestamp").GetString());
        Assert.False(message.GetProperty("persistent").GetBoolean());
        Assert.Equal(
            """{"time":"1970-01-01T00:00:00Z","bytes":{"base64":"/w=="},"decimal":1.25,"table":{"list":[1,2.5]}}""", message.GetProperty("headers").GetRawText());
    }

    [RabbitMqFact]
    public async Task Queue_TellsMessagesAndConsumers()
    {
        var queue = await _rabbit.QueueAsync();
        await _rabbit.PublishAsync(queue, 1);

        Assert.Equal($$"""{"queue":"{{queue}}","messages":1,"consumers":0}""", (await _rabbit.CallAsync("queue", new { queue })).GetRawText());
    }

    [RabbitMqTheory]
    [InlineData("queue")]
    [InlineData("get")]
    public async Task EachThatReads_NoSuchQueue_IsNotFoundAndTheConnectionGoesOn(string action)
    {
        var queue = await _rabbit.QueueAsync();
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(ConnectorErrorKind.NotFound, (await _rabbit.FailAsync(action, new { queue = "none" })).Kind);
        }

        await _rabbit.CallAsync(action, new { queue });
        Assert.Equal(ConnectionHealth.Healthy, await _rabbit.CheckAsync());
    }

    [RabbitMqTheory]
    [InlineData("queue")]
    [InlineData("get")]
    public async Task EachThatReads_QueueOfSomebodyAlone_IsConflict(string action)
    {
        var queue = await _rabbit.QueueAsync(isExclusive: true);

        Assert.Equal(ConnectorErrorKind.Conflict, (await _rabbit.FailAsync(action, new { queue })).Kind);
        Assert.Equal(ConnectionHealth.Healthy, await _rabbit.CheckAsync());
    }
}
