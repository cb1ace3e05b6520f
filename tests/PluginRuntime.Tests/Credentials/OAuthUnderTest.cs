using PluginRuntime.Credentials;
using PluginRuntime.Diagnostics;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Management;

namespace PluginRuntime.Tests.Credentials;

/// <summary>OAuth credentials on a manual clock, with a real token server and a store in memory.</summary>
internal sealed class OAuthUnderTest : IAsyncDisposable
{
    internal const string Canary = "canary-client-secret";

    private readonly TokenEndpoint _endpoint;

    internal OAuthUnderTest(IReadOnlyDictionary<string, ReadOnlyMemory<byte>>? stored = null, HeldTokenStore? store = null)
    {
        Store = store ?? new();
        _endpoint = new(new PluginRuntime.Egress.EgressGate(PluginRuntime.Egress.EgressPolicy.Open), Clock);
        RefreshTokens = new(Store, Clock, Log);
        RefreshTokens.Load(stored ?? new Dictionary<string, ReadOnlyMemory<byte>>());
        Events = new(Clock);
        Pool = new(new(new(Store, RefreshTokens, _endpoint, Clock, Log), RefreshTokens, Events, Clock, Log));
    }

    internal ManualTimeProvider Clock { get; } = new();

    internal TokenServer Server { get; } = new();

    internal RecordingLoggers Log { get; } = new();

    internal EventTrail Events { get; }

    internal CredentialPool Pool { get; }

    internal RefreshTokens RefreshTokens { get; }

    internal HeldTokenStore Store { get; }

    internal IDictionary<string, ReadOnlyMemory<byte>> Stored => Store.Stored;

    internal CredentialSettings Settings => new()
    {
        Type = CredentialTypes.OAuth,
        ClientId = "id with:colon",
        ClientSecret = Canary,
        TokenUrl = new(Server.Url),
    };

    internal InstanceCredential Get(CredentialSettings? settings = null, string instance = "orders") =>
        Pool.Get(CredentialSubject.OfInstance(instance), settings ?? Settings, null, null);

    internal static async Task<string> TokenAsync(InstanceCredential credential)
    {
        var token = (await credential.GetSecretAsync(CancellationToken.None))!.Reveal();
        await credential.Landed;
        return token;
    }

    internal static async Task<ConnectorException> FailureAsync(InstanceCredential credential)
    {
        var failure = await Assert.ThrowsAsync<ConnectorException>(async () => await credential.GetSecretAsync(CancellationToken.None));
        Assert.False(failure.WasSent);
        Assert.DoesNotContain(Canary, failure.ToString(), StringComparison.Ordinal);
        return failure;
    }

    public async ValueTask DisposeAsync()
    {
        RefreshTokens.Dispose();
        _endpoint.Dispose();
        await Server.DisposeAsync();
        Assert.DoesNotContain(Canary, Log.ToString() + string.Join(' ', Events.Snapshot()), StringComparison.Ordinal);
    }
}
