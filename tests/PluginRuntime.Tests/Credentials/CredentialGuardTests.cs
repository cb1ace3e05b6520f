using PluginRuntime.Credentials;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Credentials;

public sealed class CredentialGuardTests
{
    private CredentialDestinations? _current = To("a.example:443");

    [Theory]
    [InlineData("https://a.example/x", true)]
    [InlineData("https://A.EXAMPLE./x", true)]
    [InlineData("http://a.example/x", false)]
    [InlineData("https://a.example:8443/x", false)]
    [InlineData("https://a.example@b.example/x", false)]
    [InlineData("https://b.example/?https://a.example/", false)]
    [InlineData("ftp://a.example:443/x", false)]
    [InlineData("//a.example/x", false)]
    [InlineData("/x", false)]
    public async Task Authorize_Url_HasToBeOneOfItsHosts(string url, bool expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, UriKind.RelativeOrAbsolute));
        var failure = await Record.ExceptionAsync(async () => await Create().AuthorizeAsync(request, CancellationToken.None));

        Assert.Equal(expected, failure is null);
        Assert.Equal(expected, request.Headers.Contains("X-Api-Key"));
        if (!expected)
        {
            Assert.Equal((ConnectorErrorKind.Input, false), (((ConnectorException)failure!).Kind, ((ConnectorException)failure).WasSent));
        }
    }

    [Fact]
    public async Task Authorize_CredentialIsBoundAnew_OldSecretGoesToNeither()
    {
        var credential = Create();

        // Whoever binds it elsewhere has given another secret, and need not know this one.
        _current = To("b.example:443");

        foreach (var url in new[] { "https://a.example/", "https://b.example/" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            await Assert.ThrowsAsync<ConnectorException>(async () => await credential.AuthorizeAsync(request, CancellationToken.None));
        }
    }

    [Fact]
    public async Task Authorize_DeletedOrForAnotherConnector_IsRefused()
    {
        var credential = Create();
        using var request = new HttpRequestMessage(HttpMethod.Get, "https://a.example/");
        foreach (var current in new[] { null, CredentialDestinations.Of(["other"], ["a.example:443"]) })
        {
            _current = current;
            await Assert.ThrowsAsync<ConnectorException>(async () => await credential.AuthorizeAsync(request, CancellationToken.None));
        }

        Assert.Empty(request.Headers);
    }

    [Theory]
    [InlineData(true, "a.example", 443)]
    [InlineData(false)]
    [InlineData(false, "a.example", null)]
    [InlineData(false, "b.example", 443)]
    [InlineData(false, null, null)]
    public async Task GetSecret_Place_HasToBePlain(bool expected, params object?[] place)
    {
        var credential = Create(place.Length == 0 ? [] : [new("/host", (string?)place[0], (int?)place[1])]);

        var secret = await Record.ExceptionAsync(async () => await credential.GetSecretAsync(CancellationToken.None));
        var header = await Record.ExceptionAsync(async () => await credential.GetHeaderAsync(CancellationToken.None));

        Assert.Equal((expected, expected), (secret is null, header is null));
        Assert.Equal(expected, credential.Guard!.Refusal is null);
    }

    private static CredentialDestinations To(string host) => CredentialDestinations.Of(["c"], [host]);

    private InstanceCredential Create(params CredentialPlace[] places) =>
        new(new() { Type = CredentialTypes.ApiKey, Secret = "s" }, null, null, TimeProvider.System) { Guard = new("name", "c", places, To("a.example:443"), () => _current) };
}
