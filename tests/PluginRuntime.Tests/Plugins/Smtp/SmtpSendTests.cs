using System.Text.Json;
using MimeKit;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.Smtp;

public sealed class SmtpSendTests : IAsyncLifetime
{
    private readonly MailServer _server = new();
    private SmtpFixture _smtp = null!;

    public async Task InitializeAsync() => _smtp = await SmtpFixture.CreateAsync(_server.Port);

    public async Task DisposeAsync()
    {
        await _smtp.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Send_Everything_ArrivesAsItWasGiven()
    {
        var answer = await _smtp.SendAsync(new
        {
            from = "Ada <ada@example.com>",
            to = new[] { "bo@example.com", "\"Ünal, C.\" <c@example.com>" },
            cc = new[] { "d@example.com" },
            bcc = new[] { "hidden@example.com", "bo@EXAMPLE.com" },
            replyTo = "answers@example.com",
            subject = "Grüße, 7 × 8",
            text = "Hällo\r\n.\r\n..two dots",
            html = "<p>Hällo</p>",
            attachments = new object[] { new { name = "größe.txt", base64 = "aGk=" }, new { name = "a.bin", contentType = "application/x-own", base64 = "AP8=" } },
            headers = new Dictionary<string, string> { ["X-Order"] = "ü7", ["References"] = "<a@b>" },
            messageId = "m-1@example.com",
        });

        Assert.Equal(
            """{"messageId":"m-1@example.com","accepted":["bo@example.com","c@example.com","d@example.com","hidden@example.com"],"refused":[]}""", answer.GetRawText());
        var received = Assert.Single(_server.Messages);
        Assert.Equal("ada@example.com", received.From);
        Assert.Equal(["bo@example.com", "c@example.com", "d@example.com", "hidden@example.com"], received.To);
        Assert.DoesNotContain("hidden", received.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Bcc", received.Text, StringComparison.OrdinalIgnoreCase);
        var message = await ReadAsync(received);
        Assert.Equal(("Grüße, 7 × 8", "m-1@example.com"), (message.Subject, message.MessageId));
        Assert.Equal("\"Ada\" <ada@example.com>", message.From.ToString());
        Assert.Equal("Ünal, C.", message.To.Mailboxes.Last().Name);
        Assert.Equal("answers@example.com", message.ReplyTo.ToString());
        Assert.Equal("Hällo\r\n.\r\n..two dots", message.TextBody!.ReplaceLineEndings("\r\n"));
        Assert.Equal("<p>Hällo</p>", message.HtmlBody);
        Assert.Equal(("ü7", "<a@b>"), (message.Headers["X-Order"], message.Headers["References"]));
        var attachments = message.Attachments.Cast<MimePart>().ToList();
        Assert.Equal(["größe.txt", "a.bin"], attachments.Select(attachment => attachment.FileName));
        Assert.Equal(["text/plain", "application/x-own"], attachments.Select(attachment => attachment.ContentType.MimeType));
        using var bytes = new MemoryStream();
        await attachments[1].Content!.DecodeToAsync(bytes);
        Assert.Equal([0, 0xff], bytes.ToArray());
    }

    [Fact]
    public async Task Send_LittleAsThereMayBe_HasAnIdAndADate()
    {
        var answer = await _smtp.SendAsync(new { from = "a@example.com", to = new[] { "b@example.com" }, subject = "" });

        var message = await ReadAsync(Assert.Single(_server.Messages));
        Assert.Equal(message.MessageId, answer.GetProperty("messageId").GetString());
        Assert.EndsWith("@example.com", message.MessageId, StringComparison.Ordinal);
        Assert.InRange(message.Date, TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow());
    }

    [Fact]
    public async Task Send_SettingFrom_IsTheSenderUnlessTheCallNamesOne()
    {
        await using var smtp = await SmtpFixture.CreateAsync(_server.Port, new { from = "Shop <shop@example.com>" });

        await smtp.SendAsync(new { to = new[] { "b@example.com" }, subject = "1" });
        await smtp.SendAsync(new { from = "own@example.com", to = new[] { "b@example.com" }, subject = "2" });

        Assert.Equal(["shop@example.com", "own@example.com"], _server.Messages.Select(message => message.From));
        Assert.Contains("no sender", (await _smtp.FailAsync(new { to = new[] { "b@example.com" }, subject = "" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_SomeRecipientsRefused_TellsWhich()
    {
        var answer = await _smtp.SendAsync(new { from = "a@example.com", to = new[] { "b@example.com", "reply-550@example.com", "reply-452@example.com" }, subject = "" });

        Assert.Equal("""["b@example.com"]""", answer.GetProperty("accepted").GetRawText());
        Assert.Equal(
            ["reply-550@example.com 550", "reply-452@example.com 452"],
            answer.GetProperty("refused").EnumerateArray().Select(each => $"{each.GetProperty("address").GetString()} {each.GetProperty("code").GetInt32()}"));
        Assert.Equal(["b@example.com"], Assert.Single(_server.Messages).To);
    }

    [Theory]
    [InlineData("a", "reply-550", "", ConnectorErrorKind.NotFound)]
    [InlineData("a", "reply-553", "", ConnectorErrorKind.NotFound)]
    [InlineData("a", "reply-452", "", ConnectorErrorKind.Unavailable)]
    [InlineData("a", "reply-554", "", ConnectorErrorKind.Input)]
    [InlineData("reply-550", "b", "", ConnectorErrorKind.Input)]
    [InlineData("reply-451", "b", "", ConnectorErrorKind.Unavailable)]
    [InlineData("reply-530", "b", "", ConnectorErrorKind.Auth)]
    [InlineData("a", "b", "reply-451", ConnectorErrorKind.Unavailable)]
    [InlineData("a", "b", "reply-554", ConnectorErrorKind.Input)]
    [InlineData("a", "b", "reply-552", ConnectorErrorKind.Input)]
    public async Task Send_ServerRefuses_FailsByWhatItMeansAndTheSessionGoesOn(string from, string to, string subject, ConnectorErrorKind expected)
    {
        var failure = await _smtp.FailAsync(new { from = $"{from}@example.com", to = new[] { $"{to}@example.com" }, subject });

        Assert.Equal((expected, false), (failure.Kind, failure.WasSent));
        Assert.Equal(ConnectionHealth.Healthy, await _smtp.CheckAsync());
        await _smtp.SendAsync(new { from = "a@example.com", to = new[] { "b@example.com" }, subject = "after" });
        Assert.Single(_server.Messages);
    }

    [Theory]
    [InlineData("to", """["b@example.com\r\nBcc: evil@example.com"]""")]
    [InlineData("to", """["b@example.com, c@example.com"]""")]
    [InlineData("to", """["b@example.com> RCPT TO:<evil@example.com"]""")]
    [InlineData("to", """["group: b@example.com;"]""")]
    [InlineData("to", """["<@relay.example.com:b@example.com>"]""")]
    [InlineData("to", """["b"]""")]
    [InlineData("to", """["b@"]""")]
    [InlineData("to", """["b@exa mple.com"]""")]
    [InlineData("to", """["bö@example.com"]""")]
    [InlineData("to", """["b@[127.0.0.1]"]""")]
    [InlineData("cc", """["b\n@example.com"]""")]
    [InlineData("bcc", """["Name\r\nX: y <b@example.com>"]""")]
    [InlineData("from", "\"a@example.com\\r\\nSender: evil@example.com\"")]
    [InlineData("replyTo", "\"a@example.com\\nX: y\"")]
    [InlineData("subject", "\"a\\r\\nBcc: evil@example.com\"")]
    [InlineData("subject", "\"a\\nb\"")]
    [InlineData("subject", "\"a\\u2028b\"")]
    [InlineData("messageId", "\"a@b>\\r\\nX: y\"")]
    [InlineData("messageId", "\"none\"")]
    [InlineData("headers", """{"X-A":"b\r\nBcc: evil@example.com"}""")]
    [InlineData("headers", """{"X-A\r\nBcc":"evil@example.com"}""")]
    [InlineData("headers", """{"X-A: b\r\nBcc":"evil@example.com"}""")]
    [InlineData("headers", """{"Bcc":"evil@example.com"}""")]
    [InlineData("headers", """{"bcc ":"evil@example.com"}""")]
    [InlineData("headers", """{"Received":"from x"}""")]
    [InlineData("headers", """{"Content-Type":"text/html"}""")]
    [InlineData("headers", """{"Sender":"evil@example.com"}""")]
    [InlineData("headers", """{"Resent-To":"evil@example.com"}""")]
    [InlineData("headers", """{"DKIM-Signature":"v=1"}""")]
    [InlineData("headers", """{"X-A":"1","x-a":"2"}""")]
    [InlineData("attachments", """[{"name":"a\"\r\nX: y","base64":""}]""")]
    [InlineData("attachments", """[{"name":"a","base64":"?"}]""")]
    [InlineData("attachments", """[{"name":"a","base64":"","contentType":"text/plain\r\nX: y"}]""")]
    [InlineData("attachments", """[{"name":"a","base64":"","contentType":"multipart/mixed"}]""")]
    [InlineData("attachments", """[{"name":"a","base64":"","contentType":"message/rfc822"}]""")]
    public async Task Send_WhatIsNoMessage_IsInputAndNothingIsSent(string property, string value)
    {
        var input = new Dictionary<string, JsonElement>
        {
            ["from"] = JsonElement.Parse("\"a@example.com\""),
            ["to"] = JsonElement.Parse("""["b@example.com"]"""),
            ["subject"] = JsonElement.Parse("\"\""),
            [property] = JsonElement.Parse(value),
        };

        var failure = await _smtp.FailAsync(input);

        Assert.Equal((ConnectorErrorKind.Input, false), (failure.Kind, failure.WasSent));
        Assert.Contains(property, failure.Message, StringComparison.Ordinal);
        Assert.Empty(_server.Messages);
    }

    [Fact]
    public async Task Send_TooLarge_IsInput()
    {
        foreach (var size in new[] { 4_000_000, 20_000_000, 26_300_000 })
        {
            var attachments = new[] { new { name = "a", base64 = Convert.ToBase64String(new byte[size]) } };
            var failure = await _smtp.FailAsync(new { from = "a@example.com", to = new[] { "b@example.com" }, subject = "", attachments });

            Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
            Assert.Contains("bytes", failure.Message, StringComparison.Ordinal);
        }

        var recipients = Enumerable.Range(0, 60).Select(number => $"a{number}@example.com").ToArray();
        var tooMany = await _smtp.FailAsync(new { from = "a@example.com", to = recipients, cc = recipients.Select(each => "x" + each), subject = "" });
        Assert.Contains("120 recipients", tooMany.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_EachWayOfTls_EncryptsAndLogsIn()
    {
        var settings = (string tls) => new { tls, rootCertificate = _server.CertificateFile };
        var credentials = new BasicCredentials(MailServer.Username, MailServer.Password);
        foreach (var (tls, port) in new[] { ("starttls", _server.Port), ("implicit", _server.TlsPort) })
        {
            await using var smtp = await SmtpFixture.CreateAsync(port, settings(tls), "localhost", credentials);
            Assert.Equal(ConnectionHealth.Healthy, await smtp.CheckAsync());
            await smtp.SendAsync(new { from = "a@example.com", to = new[] { "b@example.com" }, subject = tls });
        }

        Assert.Equal(2, _server.Messages.Count);
        Assert.All(_server.Messages, message => Assert.Equal((true, MailServer.Username), (message.IsEncrypted, message.User)));
    }

    [Fact]
    public async Task Open_WrongPasswordOrCertificate_IsRefused()
    {
        using var files = new TemporaryDirectory();
        var stranger = files.Write("other.crt", TestCertificate.Make().Certificate);
        var password = await FailAsync("localhost", new { tls = "starttls", rootCertificate = _server.CertificateFile }, new BasicCredentials(MailServer.Username, "wrong"));

        Assert.Equal((ConnectorErrorKind.Auth, false), (password.Kind, password.WasSent));
        Assert.DoesNotContain("wrong", password.Message, StringComparison.Ordinal);
        foreach (var (host, settings) in new (string, object)[]
        {
            ("localhost", new { tls = "starttls" }),
            ("localhost", new { tls = "starttls", rootCertificate = stranger }),
            (MailServer.Host, new { tls = "starttls", rootCertificate = _server.CertificateFile }),
        })
        {
            var failure = await FailAsync(host, settings, new BasicCredentials(MailServer.Username, MailServer.Password));
            Assert.Equal((ConnectorErrorKind.Unavailable, false), (failure.Kind, failure.WasSent));
            Assert.Contains("certificate is not accepted", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Open_PasswordWhereTheServerTakesNoneInClear_IsAuth() =>
        Assert.Equal(ConnectorErrorKind.Auth, (await FailAsync(MailServer.Host, new { tls = "none" }, new BasicCredentials(MailServer.Username, MailServer.Password))).Kind);

    private async Task<ConnectorException> FailAsync(string host, object settings, IConnectorCredentials credentials)
    {
        var connector = await SmtpFixture.ConnectorAsync(_server.Port, settings, host, credentials);
        return await Assert.ThrowsAsync<ConnectorException>(() => connector.OpenAsync(default).AsTask());
    }

    private static async Task<MimeMessage> ReadAsync(MailServer.Received received)
    {
        using var stream = new MemoryStream(System.Text.Encoding.Latin1.GetBytes(received.Text));
        return await MimeMessage.LoadAsync(stream);
    }
}
