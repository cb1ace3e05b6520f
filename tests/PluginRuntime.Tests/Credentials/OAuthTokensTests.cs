using System.Text;
using PluginRuntime.Credentials;
using PluginRuntime.Diagnostics;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Credentials;

public sealed class OAuthTokensTests
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task GetSecret_ClientCredentials_AsksAsTheStandardSays()
    {
        await using var test = new OAuthUnderTest();

        var header = await test.Get(test.Settings with { Scope = "read write" }).GetHeaderAsync(CancellationToken.None);

        Assert.Equal(("Authorization", "Bearer token-1"), (header!.Value.Name, header.Value.Value.Reveal()));
        var asked = Assert.Single(test.Server.Requests);
        Assert.Equal("grant_type=client_credentials&scope=read+write", asked.Body);
        Assert.Equal("Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes($"id%20with%3Acolon:{OAuthUnderTest.Canary}")), asked.Authorization);
    }

    [Fact]
    public async Task GetSecret_TwoHundredCallersAndAHundredExpiries_RefreshesAHundredTimes()
    {
        await using var test = new OAuthUnderTest();
        test.Server.Answer = _ => test.Server.Grant(60);
        var credential = test.Get();

        for (var expiry = 1; expiry <= 100; expiry++)
        {
            var tokens = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => OAuthUnderTest.TokenAsync(credential))));
            Assert.Equal([$"token-{expiry}"], tokens.Distinct());
            test.Clock.Advance(TimeSpan.FromSeconds(60));
        }

        Assert.Equal(100, test.Server.Requests.Count);
    }

    [Fact]
    public async Task GetSecret_NearItsEnd_RefreshesInTheBackgroundWhileTheOldOneServes()
    {
        await using var test = new OAuthUnderTest();
        var credential = test.Get();
        await OAuthUnderTest.TokenAsync(credential);
        var gate = new TaskCompletionSource();
        test.Server.Gate = gate.Task;

        test.Clock.Advance(TimeSpan.FromMinutes(54));
        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(credential));
        test.Clock.Advance(TimeSpan.FromMinutes(5));
        var old = (await credential.GetSecretAsync(CancellationToken.None))!.Reveal();
        gate.SetResult();
        await credential.Landed;

        Assert.Equal(("token-1", "token-2"), (old, await OAuthUnderTest.TokenAsync(credential)));
        Assert.Equal(2, test.Server.Requests.Count);
    }

    [Fact]
    public async Task GetSecret_ServerIsDownForThirtySeconds_OldTokenServesToItsEndAndTheServerIsAskedOnceASecond()
    {
        await using var test = new OAuthUnderTest();
        test.Server.Answer = _ => test.Server.Grant(60);
        var credential = test.Get();
        await OAuthUnderTest.TokenAsync(credential);
        test.Clock.Advance(TimeSpan.FromSeconds(45));
        test.Server.Answer = _ => new(503, "");
        var times = new List<TimeSpan>();

        for (var step = 0; step < 300; step++)
        {
            var before = test.Server.Requests.Count;
            if (test.Clock.Elapsed < TimeSpan.FromSeconds(60))
            {
                Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(credential));
            }
            else
            {
                Assert.Equal(ConnectorErrorKind.Unavailable, (await OAuthUnderTest.FailureAsync(credential)).Kind);
            }

            times.AddRange(Enumerable.Repeat(test.Clock.Elapsed, test.Server.Requests.Count - before));
            test.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.InRange(times.Count, 15, 27);
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.Second - pair.First >= _second, $"{pair}"));
        test.Server.Answer = _ => test.Server.Grant(60);
        test.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("token-2", await OAuthUnderTest.TokenAsync(credential));
        Assert.Equal(["credentials.unavailable", null], test.Events.Snapshot().Select(published => published.Code));
        Assert.All(test.Events.Snapshot(), published => Assert.Equal((EventTypes.CredentialRefresh, "orders"), (published.Type, published.Instance)));
    }

    [Fact]
    public async Task TryDrop_TwoHundredRefusalsAtOnce_CauseOneRefresh()
    {
        await using var test = new OAuthUnderTest();
        var credential = test.Get();
        var version = credential.Version;
        await OAuthUnderTest.TokenAsync(credential);
        Assert.Equal(version, credential.Version);

        var tokens = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(async () =>
        {
            Assert.True(credential.TryDrop(version));
            return await OAuthUnderTest.TokenAsync(credential);
        })));

        Assert.Equal(["token-2"], tokens.Distinct());
        Assert.Equal(2, test.Server.Requests.Count);
        Assert.NotEqual(version, credential.Version);
    }

    [Fact]
    public async Task TryDrop_EveryNewTokenIsRefused_AsksAtMostOnceASecond()
    {
        await using var test = new OAuthUnderTest();
        var credential = test.Get();
        await OAuthUnderTest.TokenAsync(credential);
        var refused = 0;

        for (var step = 0; step < 100; step++)
        {
            try
            {
                await OAuthUnderTest.TokenAsync(credential);
                credential.TryDrop(credential.Version);
            }
            catch (ConnectorException failure) when (failure.Kind == ConnectorErrorKind.Auth)
            {
                refused++;
                Assert.False(credential.TryDrop(credential.Version));
            }

            test.Clock.Advance(TimeSpan.FromMilliseconds(100));
        }

        // The first, the one right after the first drop, and one a second.
        Assert.InRange(test.Server.Requests.Count, 10, 12);
        Assert.True(refused > 50);
    }

    [Fact]
    public async Task TryDrop_OtherTypes_SayThatNoFurtherTryHelps()
    {
        await using var test = new OAuthUnderTest();
        var credential = test.Get(new() { Type = CredentialTypes.Bearer, Secret = "t" });

        Assert.False(credential.TryDrop(credential.Version));
        Assert.Equal("t", await OAuthUnderTest.TokenAsync(credential));
    }

    [Fact]
    public async Task GetSecret_OneCallerGivesUp_TheOthersGetTheToken()
    {
        await using var test = new OAuthUnderTest();
        var gate = new TaskCompletionSource();
        test.Server.Gate = gate.Task;
        var credential = test.Get();
        using var impatient = new CancellationTokenSource();

        var first = credential.GetSecretAsync(impatient.Token).AsTask();
        var second = OAuthUnderTest.TokenAsync(credential);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        gate.SetResult();

        Assert.Equal("token-1", await second);
        Assert.Single(test.Server.Requests);
    }

    [Theory]
    [InlineData(400, """{"error":"invalid_grant","error_description":"canary-client-secret"}""", ConnectorErrorKind.Auth, "400 invalid_grant")]
    [InlineData(401, """{"error":"canary-client-secret"}""", ConnectorErrorKind.Auth, "401.")]
    [InlineData(302, "", ConnectorErrorKind.Auth, "302")]
    [InlineData(500, "canary-client-secret", ConnectorErrorKind.Unavailable, "500")]
    [InlineData(429, "", ConnectorErrorKind.Unavailable, "429")]
    [InlineData(200, "[]", ConnectorErrorKind.Unavailable, "JSON object")]
    [InlineData(200, """{"access_token":"a\r\nX: y","token_type":"bearer"}""", ConnectorErrorKind.Unavailable, "header")]
    [InlineData(200, """{"access_token":"a","token_type":"mac"}""", ConnectorErrorKind.Auth, "Bearer")]
    public async Task GetSecret_ServerAnswersSomethingElse_FailsAndSaysWhat(int status, string body, ConnectorErrorKind kind, string expected)
    {
        await using var test = new OAuthUnderTest();
        test.Server.Answer = _ => new(status, body) { Headers = { ["Location"] = test.Server.Url } };

        var failure = await OAuthUnderTest.FailureAsync(test.Get());

        Assert.Equal(kind, failure.Kind);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Single(test.Server.Requests);
    }

    [Fact]
    public async Task GetSecret_AnswerIsTooLarge_IsRefused()
    {
        await using var test = new OAuthUnderTest();
        test.Server.Answer = _ => new(200, $$"""{"access_token":"{{new string('a', 70_000)}}"}""");

        Assert.Contains("64 KiB", (await OAuthUnderTest.FailureAsync(test.Get())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetSecret_ServerHangs_EndsAfterTenSeconds()
    {
        await using var test = new OAuthUnderTest();
        var gate = new TaskCompletionSource();
        test.Server.Gate = gate.Task;

        var failing = OAuthUnderTest.FailureAsync(test.Get());
        await test.Clock.WhenArmedAsync(1);
        test.Clock.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(ConnectorErrorKind.Unavailable, (await failing).Kind);
        gate.SetResult();
    }

    [Fact]
    public async Task GetSecret_NobodyListens_IsUnavailable()
    {
        await using var test = new OAuthUnderTest();
        await test.Server.DisposeAsync();

        Assert.Equal(ConnectorErrorKind.Unavailable, (await OAuthUnderTest.FailureAsync(test.Get())).Kind);
    }

    [Fact]
    public async Task GetSecret_ConfiguredAccessToken_ServesUntilItsEnd()
    {
        await using var test = new OAuthUnderTest();
        var credential = test.Get(test.Settings with { AccessToken = "mine", ExpiresAt = test.Clock.GetUtcNow() + TimeSpan.FromSeconds(100) });

        Assert.Equal("mine", await OAuthUnderTest.TokenAsync(credential));
        Assert.False(credential.IsExpired);
        test.Clock.Advance(TimeSpan.FromSeconds(100));
        Assert.True(credential.IsExpired);
        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(credential));
    }

    [Fact]
    public async Task Get_SameContent_SharesTheTokens()
    {
        await using var test = new OAuthUnderTest();

        await OAuthUnderTest.TokenAsync(test.Get());
        await OAuthUnderTest.TokenAsync(test.Get());
        Assert.Single(test.Server.Requests);
        await OAuthUnderTest.TokenAsync(test.Get(instance: "others"));
        await OAuthUnderTest.TokenAsync(test.Get(test.Settings with { Scope = "more" }));

        Assert.Equal(3, test.Server.Requests.Count);
    }

    [Fact]
    public async Task GetSecret_CalledUnderAnAsyncLocal_DoesNotTakeItIntoTheFlight()
    {
        await using var test = new OAuthUnderTest();
        var local = new AsyncLocal<object>();
        object? seen = null;
        test.Store.BeforeSave = () =>
        {
            seen = local.Value;
            return Task.CompletedTask;
        };
        test.Server.Answer = _ => test.Server.Grant(refreshToken: "rotated");

        local.Value = new object();
        await OAuthUnderTest.TokenAsync(test.Get(test.Settings with { RefreshToken = "first" }));

        Assert.NotEmpty(test.Stored);
        Assert.Null(seen);
    }
}
