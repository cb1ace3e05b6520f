using PluginRuntime.Credentials;
using PluginRuntime.Management;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Management;

namespace PluginRuntime.Tests.Credentials;

/// <summary>Tokens of a credential that somebody authorizes: the newest authorization counts, whoever refreshes meanwhile.</summary>
public sealed class AuthorizedTokensTests : IAsyncDisposable
{
    private static readonly CredentialSubject _subject = CredentialSubject.Stored("acme/crm");
    private static readonly AuthorizationCode _code = new("code-1", "http://127.0.0.1:1/", "verifier-1");

    private readonly HeldTokenStore _store = new() { IsShared = true };
    private readonly List<OAuthUnderTest> _hosts = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Get_NotAuthorized_AsksNobodyAndSaysWhatToDo(bool isShared)
    {
        var host = Host(isShared);

        var failure = await OAuthUnderTest.FailureAsync(Get(host));

        Assert.Equal((ConnectorErrorKind.Auth, "The credential 'acme/crm' is not authorized yet. Run: connector credential authorize crm."), (failure.Kind, failure.Message));
        Assert.Empty(host.Server.Requests);
        Assert.Equal("The credential 'acme/crm' is not authorized yet. Run: connector credential authorize crm.", Assert.Single(host.Events.Snapshot()).Detail);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Authorize_WhileOneServes_TakesItsPlaceAtOnce(bool isShared)
    {
        var host = Host(isShared);
        var credential = Get(host);
        await OAuthUnderTest.FailureAsync(credential);
        await AuthorizeAsync(host);
        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(credential));
        Assert.Contains(host.Events.Snapshot(), happened => happened.Detail.EndsWith("is refreshed again.", StringComparison.Ordinal));

        await AuthorizeAsync(host);

        Assert.Equal("token-2", await OAuthUnderTest.TokenAsync(credential));
        Assert.Equal("grant_type=authorization_code&code=code-1&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2F&code_verifier=verifier-1", host.Server.Requests[1].Body);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Refresh_IsRefusedWhileSomebodyAuthorizes_TheNewOneIsTaken(bool isShared)
    {
        var host = Host(isShared);
        var credential = Get(host);
        host.Server.Answer = _ => host.Server.Grant(seconds: 10, refreshToken: $"refresh-{host.Server.Requests.Count}");
        await AuthorizeAsync(host);
        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(credential));
        host.Clock.Advance(TimeSpan.FromSeconds(11));

        // The exchange is under way when a call needs a token: it waits for it, and does not spend the refresh token before.
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Server.Gate = answered.Task;
        var authorizing = AuthorizeAsync(host);
        await RuntimeUnderTest.UntilGoneAsync(() => host.Server.Requests.Count == 2);
        var called = OAuthUnderTest.TokenAsync(credential);
        answered.SetResult();

        Assert.Equal("token-2", await called);
        await authorizing;
        Assert.Equal(2, host.Server.Requests.Count);
    }

    /// <summary>The turn was lost, as by a host that sleeps: it comes back with a token of what is no more.</summary>
    [Fact]
    public async Task Refresh_LosesAgainstAnAuthorizationOnAnotherHost_TheAuthorizationStays()
    {
        var (loser, winner) = (Host(isShared: true), Host(isShared: true));
        var settings = Settings(loser);
        var (losing, winning) = (Get(loser, settings), Get(winner, settings));
        loser.Server.Answer = _ => loser.Server.Grant(seconds: 10, refreshToken: $"refresh-{loser.Server.Requests.Count}");
        await AuthorizeAsync(loser, settings);
        await OAuthUnderTest.TokenAsync(losing);
        loser.Clock.Advance(TimeSpan.FromSeconds(11));
        winner.Clock.Advance(TimeSpan.FromSeconds(11));
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loser.Server.Gate = answered.Task;
        var late = losing.GetSecretAsync(CancellationToken.None).AsTask();
        await RuntimeUnderTest.UntilGoneAsync(() => loser.Server.Requests.Count == 2);
        _store.BreakTurn(_subject.Key);
        loser.Server.Gate = Task.CompletedTask;
        await AuthorizeAsync(winner, settings);
        var newest = await OAuthUnderTest.TokenAsync(winning);

        answered.SetResult();

        Assert.Equal(newest, (await late)!.Reveal());
        Assert.Equal(newest, await OAuthUnderTest.TokenAsync(losing));
        Assert.Equal(newest, await OAuthUnderTest.TokenAsync(Get(Host(isShared: true), settings)));
    }

    /// <summary>While the store is away a refresh is kept in memory; what somebody authorized meanwhile on another host is not overwritten afterwards.</summary>
    [Fact]
    public async Task Refresh_KeptWhileTheStoreWasAway_LosesAgainstAnAuthorization()
    {
        var (loser, winner) = (Host(isShared: true), Host(isShared: true));
        var settings = Settings(loser);
        var (losing, winning) = (Get(loser, settings), Get(winner, settings));
        loser.Server.Answer = _ => loser.Server.Grant(seconds: 10, refreshToken: $"refresh-{loser.Server.Requests.Count}");
        await AuthorizeAsync(loser, settings);
        await OAuthUnderTest.TokenAsync(losing);
        loser.Clock.Advance(TimeSpan.FromSeconds(11));
        _store.BeforeRead = () => throw new StateException("away");
        _store.BeforeSave = () => throw new StateException("away");
        Assert.Equal("token-2", await OAuthUnderTest.TokenAsync(losing));
        (_store.BeforeRead, _store.BeforeSave) = (() => { }, () => Task.CompletedTask);
        await AuthorizeAsync(winner, settings);

        // The loser tries again to save what it has.
        await RuntimeUnderTest.UntilGoneAsync(() =>
        {
            loser.Clock.Advance(TimeSpan.FromSeconds(5));
            return loser.RefreshTokens.FindAuthorization(_subject.Key, settings)!.Id == winner.RefreshTokens.FindAuthorization(_subject.Key, settings)!.Id;
        });

        winner.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("token-3", await OAuthUnderTest.TokenAsync(winning));
        Assert.Equal("token-3", await OAuthUnderTest.TokenAsync(Get(Host(isShared: true), settings)));
    }

    [Fact]
    public async Task Refresh_RefusedForGood_IsKnownToAllAndTriedStill()
    {
        var (one, two) = (Host(isShared: true), Host(isShared: true));
        var settings = Settings(one);
        one.Server.Answer = _ => one.Server.Grant(seconds: 10, refreshToken: "refresh-1");
        await AuthorizeAsync(one, settings);
        await OAuthUnderTest.TokenAsync(Get(two, settings));
        one.Server.Answer = _ => new(400, """{"error":"invalid_grant"}""");
        one.Clock.Advance(TimeSpan.FromSeconds(11));

        var failure = await OAuthUnderTest.FailureAsync(Get(one, settings));

        Assert.Contains("has to be authorized again: the token server refuses what it granted (invalid_grant)", failure.Message, StringComparison.Ordinal);
        Assert.True(one.RefreshTokens.FindAuthorization(_subject.Key, settings)!.IsRefused);
        two.RefreshTokens.Load(_store.Stored);
        Assert.True(two.RefreshTokens.FindAuthorization(_subject.Key, settings)!.IsRefused);

        // A server that was wrong for a while takes nothing with it.
        one.Server.Answer = _ => one.Server.Grant();
        one.Clock.Advance(TimeSpan.FromSeconds(2));
        await OAuthUnderTest.TokenAsync(Get(one, settings));
        Assert.False(one.RefreshTokens.FindAuthorization(_subject.Key, settings)!.IsRefused);
    }

    [Fact]
    public async Task TryDrop_TheOnlyToken_Stays()
    {
        var host = Host(isShared: false);
        var credential = Get(host);
        await AuthorizeAsync(host);
        await OAuthUnderTest.TokenAsync(credential);

        Assert.False(credential.TryDrop(credential.Version));

        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(credential));
    }

    [Fact]
    public async Task Authorize_NotSaved_LeavesWhatWasThere()
    {
        var host = Host(isShared: false);
        var credential = Get(host);
        await AuthorizeAsync(host);
        _store.BeforeSave = () => throw new StateException("away");

        await Assert.ThrowsAsync<StateException>(() => AuthorizeAsync(host));

        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(credential));
    }

    [Fact]
    public async Task Find_AnotherPlace_FindsNothing()
    {
        var host = Host(isShared: false);
        await AuthorizeAsync(host);

        Assert.NotNull(host.RefreshTokens.FindAuthorization(_subject.Key, Settings(host) with { Scope = "other" }));
        Assert.Null(host.RefreshTokens.FindAuthorization(_subject.Key, Settings(host) with { Place = "elsewhere" }));
        Assert.Null(host.RefreshTokens.FindAuthorization(_subject.Key, Settings(host) with { AuthorizationUrl = null, Place = null }));
    }

    [Theory]
    [InlineData("read write", "read write")]
    [InlineData("", "asked")]
    [InlineData("code-1", "asked")]
    [InlineData("x verifier-1", "asked")]
    [InlineData("token-1", "asked")]
    [InlineData("a\\nb", "asked")]
    public async Task Authorize_ScopesThatCannotBeShown_AreThoseAskedFor(string said, string shown)
    {
        var host = Host(isShared: false);
        host.Server.Answer = _ => new(200, $$"""{"access_token":"token-1","token_type":"bearer","scope":"{{said}}"}""");

        await AuthorizeAsync(host);

        Assert.Equal(shown, host.RefreshTokens.FindAuthorization(_subject.Key, Settings(host))!.Scopes);
    }

    private OAuthUnderTest Host(bool isShared)
    {
        _store.IsShared = isShared;
        var host = new OAuthUnderTest(_store.Stored, _store);
        _hosts.Add(host);
        return host;
    }

    private static CredentialSettings Settings(OAuthUnderTest host) =>
        host.Settings with { AuthorizationUrl = new("https://login.example/authorize"), Place = "here", Scope = "asked" };

    private static InstanceCredential Get(OAuthUnderTest host, CredentialSettings? settings = null) => host.Pool.Get(_subject, settings ?? Settings(host), null, null);

    private static async Task AuthorizeAsync(OAuthUnderTest host, CredentialSettings? settings = null)
    {
        var (authorization, failure) = await host.Pool.AuthorizeAsync(_subject, settings ?? Settings(host), _code);
        Assert.True(authorization is not null, failure?.Detail);
    }
}
