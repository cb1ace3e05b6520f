using PluginRuntime.Credentials;
using PluginRuntime.Egress;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Credentials;

public sealed class TokenEndpointTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true, "127.0.0.1")]
    public async Task Ask_ServerOnLoopback_OnlyForWhoRunsTheHostOrWhereItIsAllowed(bool isTrusted, bool isAsked, params string[] allowed)
    {
        await using var server = new TokenServer();
        using var endpoint = new TokenEndpoint(new EgressGate(EgressPolicy.Of(allowed)), TimeProvider.System);
        var settings = new CredentialSettings
        {
            Type = CredentialTypes.OAuth,
            ClientId = "client",
            ClientSecret = "hunter2",
            TokenUrl = new Uri(server.Url),
            IsTrusted = isTrusted,
        };

        var answer = await endpoint.AskAsync(settings, null);

        Assert.Equal(isAsked, answer.Granted is not null);
        Assert.Equal(isAsked ? 1 : 0, server.Requests.Count);
        Assert.Equal(isAsked ? null : ConnectorErrorKind.Auth, answer.Failure?.Kind);
        Assert.DoesNotContain("hunter2", answer.Failure?.Detail ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ask_ForWhoRunsTheHostFirst_OthersDoNotGetTheirConnection()
    {
        await using var server = new TokenServer();
        using var endpoint = new TokenEndpoint(new EgressGate(EgressPolicy.Of([])), TimeProvider.System);
        var settings = new CredentialSettings { Type = CredentialTypes.OAuth, ClientId = "client", ClientSecret = "hunter2", TokenUrl = new Uri(server.Url) };

        Assert.NotNull((await endpoint.AskAsync(settings, null)).Granted);
        Assert.NotNull((await endpoint.AskAsync(settings with { IsTrusted = false }, null)).Failure);

        Assert.Single(server.Requests);
    }
}
