using PluginRuntime.Credentials;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Credentials;

public sealed class InstanceCredentialTests
{
    private readonly ManualTimeProvider _clock = new();

    [Theory]
    [InlineData(CredentialTypes.ApiKey, null, null, "X-Api-Key", "sécret")]
    [InlineData(CredentialTypes.ApiKey, null, "X-Manifest", "X-Manifest", "sécret")]
    [InlineData(CredentialTypes.ApiKey, "X-Mine", "X-Manifest", "X-Mine", "sécret")]
    [InlineData(CredentialTypes.Basic, null, null, "Authorization", "Basic YXBwOnPDqWNyZXQ=")]
    [InlineData(CredentialTypes.Bearer, null, null, "Authorization", "Bearer sécret")]
    public async Task GetHeader_Type_BuildsIt(string type, string? configured, string? manifest, string name, string value)
    {
        var credential = Create(new() { Type = type, Secret = "sécret", Username = type == CredentialTypes.Basic ? "app" : null, HeaderName = configured }, manifest);

        var header = await credential.GetHeaderAsync(CancellationToken.None);

        Assert.Equal((name, value), (header!.Value.Name, header.Value.Value.Reveal()));
        Assert.DoesNotContain("cret", header.Value.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetHeader_None_IsNull()
    {
        Assert.Null(await InstanceCredential.None.GetHeaderAsync(CancellationToken.None));
        Assert.Null(await InstanceCredential.None.GetSecretAsync(CancellationToken.None));
        using var request = new HttpRequestMessage();
        await InstanceCredential.None.AuthorizeAsync(request, CancellationToken.None);
        Assert.Empty(request.Headers);
    }

    [Fact]
    public async Task Authorize_HeaderIsThereAlready_IsReplaced()
    {
        using var request = new HttpRequestMessage();
        request.Headers.TryAddWithoutValidation("authorization", "Bearer mine");

        await Create(new() { Type = CredentialTypes.Bearer, Secret = "t" }).AuthorizeAsync(request, CancellationToken.None);

        Assert.Equal(["Bearer t"], request.Headers.GetValues("Authorization"));
    }

    [Fact]
    public async Task GetSecret_BearerExpires_FailsFromThenOn()
    {
        var credential = Create(new() { Type = CredentialTypes.Bearer, Secret = "canary-7c1f", ExpiresAt = _clock.GetUtcNow() + TimeSpan.FromSeconds(1) });
        Assert.Equal("canary-7c1f", (await credential.GetSecretAsync(CancellationToken.None))!.Reveal());
        Assert.False(credential.IsExpired);

        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.True(credential.IsExpired);
        var failure = await Assert.ThrowsAsync<ConnectorException>(async () => await credential.GetSecretAsync(CancellationToken.None));
        Assert.Equal((ConnectorErrorKind.Auth, false), (failure.Kind, failure.WasSent));
        Assert.Contains("2030-01-01T00:00:01Z", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary-7c1f", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_Settings_ShowsNoSecret() =>
        Assert.Equal("basic", new CredentialSettings { Type = CredentialTypes.Basic, Secret = "canary", Username = "u" }.ToString());

    private InstanceCredential Create(CredentialSettings settings, string? manifestHeader = null) => new(settings, manifestHeader, null, _clock);
}
