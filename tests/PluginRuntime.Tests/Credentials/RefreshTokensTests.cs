using System.Text;
using PluginRuntime.Credentials;

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
        await test.RefreshTokens.KeepAsync("k", settings, "second", null, null);

        Assert.Equal("second", test.RefreshTokens.Find("k", settings));
        Assert.Null(test.RefreshTokens.Find("k", settings with { RefreshToken = "new" }));
        Assert.Null(test.RefreshTokens.Find("k", settings with { TokenUrl = new("https://elsewhere.example/token") }));
        Assert.Null(test.RefreshTokens.Find("k", settings with { ClientId = "other" }));
        Assert.Null(test.RefreshTokens.Find("other", settings));
    }

    /// <summary>A configuration that is tried beside the one that runs must not cost that one its token.</summary>
    [Fact]
    public async Task Keep_AnotherConfigurationUnderTheSameKey_EachKeepsItsOwn()
    {
        await using var test = new OAuthUnderTest();
        var (running, tried) = (test.Settings with { RefreshToken = "running" }, test.Settings with { RefreshToken = "tried" });
        await test.RefreshTokens.KeepAsync("k", running, "running-2", null, null);
        await test.RefreshTokens.KeepAsync("k", tried, "tried-2", null, null);
        await test.RefreshTokens.KeepAsync("k", tried, "tried-3", null, null);

        await using var next = new OAuthUnderTest(test.Stored.ToDictionary());

        Assert.Equal(("running-2", "tried-3"), (test.RefreshTokens.Find("k", running), test.RefreshTokens.Find("k", tried)));
        Assert.Equal(("running-2", "tried-3"), (next.RefreshTokens.Find("k", running), next.RefreshTokens.Find("k", tried)));
    }

    [Fact]
    public async Task Keep_MoreConfigurationsThanAreKept_TheOldestGoes()
    {
        await using var test = new OAuthUnderTest();
        CredentialSettings Settings(int number) => test.Settings with { RefreshToken = $"first-{number}" };
        for (var number = 0; number < 5; number++)
        {
            await test.RefreshTokens.KeepAsync("k", Settings(number), $"next-{number}", null, null);
        }

        Assert.Null(test.RefreshTokens.Find("k", Settings(0)));
        Assert.Equal(["next-1", "next-2", "next-3", "next-4"], Enumerable.Range(1, 4).Select(number => test.RefreshTokens.Find("k", Settings(number))));
    }

    [Fact]
    public async Task Load_OneTokenAsItWasStoredBefore_Counts()
    {
        await using var test = new OAuthUnderTest();
        var settings = test.Settings with { RefreshToken = "first" };
        await test.RefreshTokens.KeepAsync("k", settings, "second", null, null);
        var list = Encoding.UTF8.GetString(test.Stored["k"].Span);

        await using var next = new OAuthUnderTest(new Dictionary<string, ReadOnlyMemory<byte>> { ["k"] = Encoding.UTF8.GetBytes(list[1..^1]) });

        Assert.Equal("second", next.RefreshTokens.Find("k", settings));
    }

    [Fact]
    public async Task Keep_StoreFails_CallsGoOnAndItIsTriedAgain()
    {
        await using var test = new OAuthUnderTest();
        var fails = true;
        test.Store.BeforeSave = () => fails ? throw new IOException("disk full") : Task.CompletedTask;
        test.Server.Answer = _ => test.Server.Grant(60, "second");

        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(test.Get(test.Settings with { RefreshToken = "first" })));
        Assert.Empty(test.Stored);
        Assert.Contains(test.Log.Lines, line => line.StartsWith("Error 6002", StringComparison.Ordinal));
        await test.Clock.WhenArmedAsync(1);
        fails = false;
        var saved = new TaskCompletionSource();
        test.Store.BeforeSave = () =>
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
