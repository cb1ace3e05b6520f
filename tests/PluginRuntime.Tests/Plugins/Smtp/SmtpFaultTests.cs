using System.Text;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Running;
using PluginRuntime.Tests.Sdk;

namespace PluginRuntime.Tests.Plugins.Smtp;

/// <summary>What no good server does: on a stub.</summary>
public sealed class SmtpFaultTests
{
    private static readonly object _mail = new { from = "a@example.com", to = new[] { "b@example.com" }, subject = "" };

    [Theory]
    [InlineData("554 not for you\r\n")]
    [InlineData("421 busy\r\n")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n")]
    [InlineData("")]
    public async Task Open_NoGreeting_IsUnavailable(string greeting)
    {
        await using var stub = new SmtpStub(client => client.SayAsync(greeting));

        var failure = await FailToOpenAsync(await SmtpFixture.ConnectorAsync(stub.Port));

        Assert.Equal((ConnectorErrorKind.Unavailable, false), (failure.Kind, failure.WasSent));
    }

    [Fact]
    public async Task Open_NobodyListensOrMayBeReached_SaysSo()
    {
        Assert.Equal(ConnectorErrorKind.Unavailable, (await FailToOpenAsync(await SmtpFixture.ConnectorAsync(1))).Kind);
        Assert.Equal(ConnectorErrorKind.Input, (await FailToOpenAsync(await SmtpFixture.ConnectorAsync(25, network: new ClosedNetwork()))).Kind);
    }

    [Fact]
    public async Task Open_StartTlsIsNotOffered_GivesNothingAway()
    {
        var heard = new List<string>();
        await using var stub = new SmtpStub(async client =>
        {
            await client.SayAsync("220 stub\r\n");
            while (await client.HearAsync() is { } line)
            {
                heard.Add(line);
                await client.SayAsync("250-localhost\r\n250 AUTH PLAIN LOGIN\r\n");
            }
        });

        var failure = await FailToOpenAsync(await SmtpFixture.ConnectorAsync(stub.Port, new { tls = "starttls" }, credentials: new BasicCredentials("app", "secret")));

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.Contains("STARTTLS", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(heard, line => line.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(CredentialTypes.Bearer, "XOAUTH2", "user=ada@example.com\u0001auth=Bearer t-1\u0001\u0001")]
    [InlineData(CredentialTypes.OAuth, "XOAUTH2", "user=ada@example.com\u0001auth=Bearer t-1\u0001\u0001")]
    public async Task Open_Token_IsGivenAsTheServerWantsIt(string type, string mechanism, string expected)
    {
        var heard = "";
        await using var stub = new SmtpStub(async client =>
        {
            heard = await client.ServeUntilAsync("AUTH", $"250-localhost\r\n250 AUTH {mechanism}\r\n");
            await client.SayAsync("235 ok\r\n");
            await client.HearAsync();
            await client.SayAsync("221 bye\r\n");
        });

        await using (await SmtpFixture.CreateAsync(stub.Port, new { username = "ada@example.com" }, credentials: new TokenCredentials(type, "t-1")))
        {
            var parts = heard!.Split(' ');
            Assert.Equal(mechanism, parts[1]);
            Assert.Equal(expected, Encoding.UTF8.GetString(Convert.FromBase64String(parts[2])));
        }
    }

    [Fact]
    public async Task Open_TokenIsRefused_IsAuthSoThatAnotherMayBeGot()
    {
        await using var stub = new SmtpStub(async client =>
        {
            await client.ServeUntilAsync("AUTH", "250-localhost\r\n250 AUTH XOAUTH2\r\n");
            await client.SayAsync("334 eyJzdGF0dXMiOiI0MDEifQ==\r\n");
            await client.HearAsync();
            await client.SayAsync("535 no\r\n");
            await client.HearAsync();
        });

        var failure = await FailToOpenAsync(
            await SmtpFixture.ConnectorAsync(stub.Port, new { username = "ada" }, credentials: new TokenCredentials(CredentialTypes.OAuth, "t-1")));

        Assert.Equal((ConnectorErrorKind.Auth, false), (failure.Kind, failure.WasSent));
        Assert.DoesNotContain("t-1", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("535 no", ConnectorErrorKind.Auth)]
    [InlineData("454 not now", ConnectorErrorKind.Unavailable)]
    public async Task Open_PasswordIsRefused_IsTriedOnceAndInNoWeakerWay(string reply, ConnectorErrorKind expected)
    {
        var heard = new List<string?>();
        await using var stub = new SmtpStub(async client =>
        {
            heard.Add(await client.ServeUntilAsync("AUTH", "250-localhost\r\n250 AUTH LOGIN PLAIN CRAM-MD5\r\n"));
            await client.SayAsync($"{reply}\r\n");
            heard.Add(await client.HearAsync());
        });

        var failure = await FailToOpenAsync(await SmtpFixture.ConnectorAsync(stub.Port, credentials: new BasicCredentials("app", "secret")));
        await stub.DisposeAsync();

        Assert.Equal((expected, false), (failure.Kind, failure.WasSent));
        Assert.Equal(["AUTH CRAM-MD5", null], heard);
    }

    [Theory]
    [InlineData(CredentialTypes.Bearer, "username")]
    [InlineData(CredentialTypes.ApiKey, "api_key")]
    public async Task Initialize_CredentialsOfNoUse_SaysWhatIsMissing(string type, string expected)
    {
        var failure = await Assert.ThrowsAsync<ConnectorException>(() => SmtpFixture.ConnectorAsync(25, credentials: new TokenCredentials(type, "t")));

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MAIL")]
    [InlineData("RCPT")]
    [InlineData("DATA")]
    public async Task Send_ConnectionBreaksBeforeTheMessage_WasNotSent(string command)
    {
        await using var stub = new SmtpStub(async client =>
        {
            await client.ServeUntilAsync(command);
            client.Reset();
        });
        await using var smtp = await SmtpFixture.CreateAsync(stub.Port);

        var failure = await smtp.FailAsync(_mail);

        Assert.Equal((ConnectorErrorKind.Unavailable, false), (failure.Kind, failure.WasSent));
        Assert.False((await smtp.CheckAsync()).IsHealthy);
    }

    [Fact]
    public async Task Send_ConnectionBreaksAmidTheMessage_WasNotSent()
    {
        await using var stub = new SmtpStub(async client =>
        {
            await client.ServeUntilAsync("DATA");
            await client.SayAsync("354 go\r\n");
            await client.HearAsync();
            client.Reset();
        });
        await using var smtp = await SmtpFixture.CreateAsync(stub.Port);

        var failure = await smtp.FailAsync(new
        {
            from = "a@example.com",
            to = new[] { "b@example.com" },
            subject = "",
            attachments = new[] { new { name = "a", base64 = Convert.ToBase64String(new byte[18_000_000]) } },
        });

        Assert.Equal((ConnectorErrorKind.Unavailable, false), (failure.Kind, failure.WasSent));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData(".\r\n..\r\n.dots\r\nas.\r\n.")]
    public async Task Send_ConnectionBreaksAfterTheFinalDot_MayHaveBeenSent(string text)
    {
        await using var stub = new SmtpStub(async client =>
        {
            await client.ServeUntilAsync("DATA");
            await client.SayAsync("354 go\r\n");
            await client.HearMessageAsync();
            client.Reset();
        });
        await using var smtp = await SmtpFixture.CreateAsync(stub.Port);

        var failure = await smtp.FailAsync(new { from = "a@example.com", to = new[] { "b@example.com" }, subject = "", text });

        Assert.Equal((ConnectorErrorKind.Unavailable, true), (failure.Kind, failure.WasSent));
    }

    [Fact]
    public async Task Send_ServerIsBusyAndHangsUp_IsUnavailableAndNotSent()
    {
        await using var stub = new SmtpStub(async client =>
        {
            await client.ServeUntilAsync("MAIL");
            await client.SayAsync("421 closing\r\n");
        });
        await using var smtp = await SmtpFixture.CreateAsync(stub.Port);

        var failure = await smtp.FailAsync(_mail);

        Assert.Equal((ConnectorErrorKind.Unavailable, false), (failure.Kind, failure.WasSent));
        Assert.Contains("421", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MAIL")]
    [InlineData("NOOP")]
    public async Task Call_ServerFallsSilent_EndsByItsTokenAndIsClosedAtOnce(string command)
    {
        var isSilent = new TaskCompletionSource();
        await using var stub = new SmtpStub(async client =>
        {
            await client.ServeUntilAsync(command);
            isSilent.TrySetResult();
            await client.HearAsync();
        });
        await using var smtp = await SmtpFixture.CreateAsync(stub.Port);
        using var stop = new CancellationTokenSource();
        Task call = command == "NOOP" ? smtp.CheckAsync(stop.Token).AsTask() : smtp.SendAsync(_mail, stop.Token);
        await isSilent.Task;

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Send_ReplyOfManyLinesAndStrangeCharacters_IsShownShortAndOnOneLine()
    {
        await using var stub = new SmtpStub(async client =>
        {
            await client.ServeUntilAsync("MAIL");
            await client.SayAsync($"550-one\r\n550-\u001b[31mtwo\r\n550 {new string('x', 400)}\r\n");
            await client.HearAsync();
            await client.SayAsync("250 ok\r\n");
            await client.HearAsync();
        });
        await using var smtp = await SmtpFixture.CreateAsync(stub.Port);

        var failure = await smtp.FailAsync(_mail);

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.DoesNotContain(failure.Message, char.IsControl);
        Assert.InRange(failure.Message.Length, 100, 300);
    }

    private static async Task<ConnectorException> FailToOpenAsync(IConnector connector) =>
        await Assert.ThrowsAsync<ConnectorException>(() => connector.OpenAsync(default).AsTask());

    private sealed class ClosedNetwork : IConnectorNetwork
    {
        public ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken) =>
            throw new ConnectorException(ConnectorErrorKind.Input, "Not there.", wasSent: false);
    }
}
