using PluginRuntime.Credentials;
using PluginRuntime.Management;
using PluginRuntime.Tests.Management;

namespace PluginRuntime.Tests.Credentials;

/// <summary>Hosts that share a store share the tokens in it.</summary>
public sealed class SharedTokensTests : IAsyncDisposable
{
    private const string Key = "instance.orders";

    private readonly HeldTokenStore _store = new() { IsShared = true };
    private readonly List<OAuthUnderTest> _hosts = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
    }

    [Fact]
    public async Task Get_800CallersOn4HostsAndATokenThatExpires100Times_Asks100Times()
    {
        var hosts = Enumerable.Range(0, 4).Select(_ => Host()).ToList();
        var server = hosts[0].Server;
        server.Answer = _ => server.Grant(seconds: 60, refreshToken: $"rotated-{server.Requests.Count}");
        var credentials = hosts.ConvertAll(host => host.Get(Settings(hosts[0])));
        for (var round = 1; round <= 100; round++)
        {
            var tokens = await Task.WhenAll(Enumerable.Range(0, 800).Select(caller => Task.Run(async () =>
                (await credentials[caller % 4].GetSecretAsync(CancellationToken.None))!.Reveal())));
            Assert.Equal([$"token-{round}"], tokens.Distinct());
            hosts.ForEach(host => host.Clock.Advance(TimeSpan.FromSeconds(61)));
        }

        Assert.Equal(100, server.Requests.Count);

        // Each was asked for with the refresh token that the one before had brought, whichever host that was.
        Assert.All(server.Requests.Skip(1).Index(), asked => Assert.EndsWith($"refresh_token=rotated-{asked.Index + 1}", asked.Item.Body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Get_RefusedByTheOutsideSystem_AnotherHostsNewerOneIsTaken()
    {
        var (one, two) = (Host(), Host());
        var settings = Settings(one);
        var (first, second) = (one.Get(settings), two.Get(settings));
        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(first));
        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(second));

        Assert.True(first.TryDrop(first.Version));
        Assert.Equal("token-2", await OAuthUnderTest.TokenAsync(first));
        Assert.True(second.TryDrop(second.Version));
        Assert.Equal("token-2", await OAuthUnderTest.TokenAsync(second));
        Assert.Equal(2, one.Server.Requests.Count);
    }

    [Fact]
    public async Task Get_AfterARestart_TakesWhatIsStored()
    {
        var before = Host();
        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(before.Get(Settings(before))));
        var after = Host();
        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(after.Get(Settings(before))));
        Assert.Single(before.Server.Requests);
    }

    [Fact]
    public async Task Get_TurnWasLostMeanwhile_TheWinnersTokenStays()
    {
        var (loser, winner) = (Host(), Host());
        var settings = Settings(loser);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loser.Server.Answer = _ => loser.Server.Grant(refreshToken: $"rotated-{loser.Server.Requests.Count}");
        loser.Server.Gate = answered.Task;
        var late = loser.Get(settings).GetSecretAsync(CancellationToken.None).AsTask();
        await RuntimeUnderTest.UntilGoneAsync(() => loser.Server.Requests.Count == 1);

        // Its turn is taken from it: it counted as gone.
        _store.BreakTurn(Key);
        loser.Server.Gate = Task.CompletedTask;
        var won = await OAuthUnderTest.TokenAsync(winner.Get(settings));
        answered.SetResult();

        Assert.Equal(won, (await late)!.Reveal());
        Assert.Equal("rotated-2", winner.RefreshTokens.Find(Key, settings));
        loser.RefreshTokens.Load([new(Key, _store.Stored[Key])]);
        Assert.Equal("rotated-2", loser.RefreshTokens.Find(Key, settings));
    }

    [Fact]
    public async Task Get_StoreIsAway_EachAsksForItself()
    {
        var (one, two) = (Host(), Host());
        _store.BeforeRead = () => throw new StateException("It is away.");
        _store.BeforeSave = () => throw new StateException("It is away.");
        var settings = Settings(one);
        Assert.Equal(["token-1", "token-2"], [await OAuthUnderTest.TokenAsync(one.Get(settings)), await OAuthUnderTest.TokenAsync(two.Get(settings))]);
    }

    [Fact]
    public async Task Get_TokenServerRefuses_TheTurnIsGivenBack()
    {
        var (one, two) = (Host(), Host());
        var settings = Settings(one);
        one.Server.Answer = _ => new(400, """{"error":"invalid_client"}""");
        await OAuthUnderTest.FailureAsync(one.Get(settings));
        one.Server.Answer = _ => one.Server.Grant();
        Assert.Equal("token-1", await OAuthUnderTest.TokenAsync(two.Get(settings)));
    }

    // All ask the token server of the first.
    private static CredentialSettings Settings(OAuthUnderTest first) => first.Settings with { RefreshToken = "configured" };

    private OAuthUnderTest Host()
    {
        var host = new OAuthUnderTest(store: _store);
        _hosts.Add(host);
        return host;
    }
}
