using System.Text;

namespace PluginRuntime.Tests.Credentials;

public sealed class RefreshTokensTests
{
    [Fact]
    public async Task Refresh_TokenIsRotated_TheNextUsesItAndSoDoesTheNextProcess()
    {
        await using var test = new OAuthUnderTest();
        var settings = test.Settings with { RefreshToken = "first" };
        test.Server.Answer = _ => test.Server.Grant(60, "second");
        await OAuthUnderTest.TokenAsync(test.Get(settings));

        await using var next = new OAuthUnderTest(test.Stored.ToDictionary());
        await OAuthUnderTest.TokenAsync(next.Get(settings with { AccessToken = "old" }));
        test.Clock.Advance(TimeSpan.FromSeconds(60));
        await OAuthUnderTest.TokenAsync(test.Get(settings with { ClientSecret = "changed" }));

        Assert.Equal(
            ["grant_type=refresh_token&refresh_token=first", "grant_type=refresh_token&refresh_token=second", "grant_type=refresh_token&refresh_token=second"],
            test.Server.Requests.Select(asked => asked.Body));
    }

    [Fact]
    public async Task Find_OperatorChangedTheToken_TheConfiguredOneCounts()
    {
        await using var test = new OAuthUnderTest();
        var settings = test.Settings with { RefreshToken = "first" };
        await test.RefreshTokens.KeepAsync("k", settings, "second");

        Assert.Equal("second", test.RefreshTokens.Find("k", settings));
        Assert.Null(test.RefreshTokens.Find("k", settings with { RefreshToken = "new" }));
        Assert.Null(test.RefreshTokens.Find("k", settings with { TokenUrl = new("https://elsewhere.example/token") }));
        Assert.Null(test.RefreshTokens.Find("k", settings with { ClientId = "other" }));
        Assert.Null(test.RefreshTokens.Find("other", settings));
    }

    [Fact]
    public async Task Keep_StoreFails_CallsGoOnAndItIsTriedAgain()
    {
        await using var test = new OAuthUnderTest();
        var fails = true;
        test.BeforeSave = () => fails ? throw new IOException("disk full") : Task.CompletedTask;
        test.Server.Answer = _ => test.Server.Grant(60, "second");

        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(test.Get(test.Settings with { RefreshToken = "first" })));
        Assert.Empty(test.Stored);
        Assert.Contains(test.Log.Lines, line => line.StartsWith("Error 6002", StringComparison.Ordinal));
        await test.Clock.WhenArmedAsync(1);
        fails = false;
        var saved = new TaskCompletionSource();
        test.BeforeSave = () =>
        {
            saved.TrySetResult();
            return Task.CompletedTask;
        };
        test.Clock.Advance(TimeSpan.FromSeconds(5));
        await saved.Task;
        await OAuthUnderTest.TokenAsync(test.Get(test.Settings with { RefreshToken = "first" }));
        await test.RefreshTokens.ForgetAsync("instance.orders");
        Assert.Empty(test.Stored);
    }

    [Fact]
    public async Task Load_Unreadable_IsLoggedAndTheConfiguredOneCounts()
    {
        await using var test = new OAuthUnderTest(
            new Dictionary<string, ReadOnlyMemory<byte>> { ["instance.orders"] = Encoding.UTF8.GetBytes("""{"salt":"AA=="}""") });

        await OAuthUnderTest.TokenAsync(test.Get(test.Settings with { RefreshToken = "first" }));

        Assert.Equal("grant_type=refresh_token&refresh_token=first", Assert.Single(test.Server.Requests).Body);
        Assert.Contains(test.Log.Lines, line => line.StartsWith("Warning 6003", StringComparison.Ordinal));
    }
}
