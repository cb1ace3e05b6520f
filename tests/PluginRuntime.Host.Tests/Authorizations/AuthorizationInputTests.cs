using System.Net;
using System.Text.Json;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Authorizations;

/// <summary>What is accepted where somebody authorizes a credential, and what is not.</summary>
public sealed class AuthorizationInputTests(AuthorizationInputTests.Running running) : IClassFixture<AuthorizationInputTests.Running>
{
    private const string Callback = "http://127.0.0.1:1/callback";
    private const string Path = "api/credentials/crm/authorize";

    private AuthorizationServer Server => running.Server;

    private HttpClient Client => running.Client;

    [Theory]
    [InlineData("http://127.0.0.1:8080/callback", true)]
    [InlineData("http://127.0.0.1/", true)]
    [InlineData("http://[::1]:9/x?y=z", true)]
    [InlineData("https://app.example/callback?tenant=1", true)]
    [InlineData("https://app.example/callback", false)]
    [InlineData("https://app.example/callback?tenant=1#", false)]
    [InlineData("https://127.0.0.1:1/", false)]
    [InlineData("http://localhost:1/", false)]
    [InlineData("http://2130706433:1/", false)]
    [InlineData("http://127.1:1/", false)]
    [InlineData("http://127.0.0.1:1@evil.example/", false)]
    [InlineData("http://127.0.0.1.evil.example/", false)]
    [InlineData("http://127.0.0.1:99999/", false)]
    [InlineData("http://127.0.0.1:1/#x", false)]
    [InlineData("http://127.0.0.1:1\\\\@evil.example/", false)]
    [InlineData("callback", false)]
    public async Task Begin_RedirectUri_IsThisMachineOrListed(string uri, bool isAccepted)
    {

        var answer = await Client.PostAsync(Path, $$"""{"redirectUri":"{{uri}}"}""");

        if (isAccepted)
        {
            var url = (await answer.JsonAsync()).GetProperty("authorizationUrl").GetString()!;
            Assert.StartsWith(Server.Url + "/authorize?prompt=consent&response_type=code&client_id=confidential%20client&redirect_uri=" + Uri.EscapeDataString(uri) + "&scope=a%20b&state=", url, StringComparison.Ordinal);
            Assert.DoesNotContain("verifier", url, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(["/redirectUri"], (await answer.ProblemAsync(HttpStatusCode.BadRequest, "authorization.invalid")).Pointers());
        }
    }

    [Fact]
    public async Task Bodies_Wrong_TellAll()
    {
        await (await Client.PutAsync("api/credentials/plain", """{"type":"bearer","token":"t","connectors":["http"],"hosts":["127.0.0.1"]}""")).JsonAsync();

        Assert.Equal(["/redirectUri", "/x"], (await (await Client.PostAsync(Path, """{"x":1}""")).ProblemAsync(HttpStatusCode.BadRequest, "authorization.invalid")).Pointers());
        Assert.Equal(
            ["/code", "/iss", "/state"],
            (await (await Client.PostAsync(Path + "/complete", """{"code":"a b","iss":1}""")).ProblemAsync(HttpStatusCode.BadRequest, "authorization.invalid")).Pointers());
        await (await Client.PostAsync(Path, "[]")).ProblemAsync(HttpStatusCode.BadRequest, "authorization.invalid");
        await (await Client.PostAsync("api/credentials/none/authorize", $$"""{"redirectUri":"{{Callback}}"}""")).ProblemAsync(HttpStatusCode.NotFound, "credential.unknown");
        await (await Client.PostAsync("api/credentials/plain/authorize", $$"""{"redirectUri":"{{Callback}}"}""")).ProblemAsync(HttpStatusCode.Conflict, "authorization.unsupported");
    }

    [Theory]
    [InlineData("\"grant\":\"authorization_code\"", "\"grant\":\"implicit\"", "/grant")]
    [InlineData("/authorize?prompt=consent", "/authorize#x", "/authorizationUrl")]
    [InlineData("/authorize?prompt=consent", "/authorize?state=1", "/authorizationUrl")]
    [InlineData("\"scopes\"", "\"refreshToken\":\"r\",\"scopes\"", "/refreshToken")]
    [InlineData("\"scopes\"", "\"issuer\":\"login\",\"scopes\"", "/issuer")]
    public async Task Put_WrongGrant_TellsWhere(string before, string after, string pointer)
    {
        var problem = await (await Client.PutAsync("api/credentials/wrong", Server.Credential().Replace(before, after, StringComparison.Ordinal))).ProblemAsync(HttpStatusCode.BadRequest, "credential.invalid");

        Assert.Equal([pointer], problem.Pointers());
    }

    [Fact]
    public async Task Grant_OfAnInstancesOwnCredential_IsRefused()
    {
        var own = JsonElement.Parse(Server.Credential()).EnumerateObject().Where(member => member.Name is not ("connectors" or "hosts")).ToDictionary(member => member.Name, member => member.Value);
        var config = JsonSerializer.Serialize(new { connector = "http", settings = new { baseUrl = Server.Url }, credentials = own });

        Assert.Equal(["/credentials/grant"], (await (await Client.PutAsync("api/instances/own", config)).ProblemAsync(HttpStatusCode.BadRequest, "config.invalid")).Pointers());
    }

    public sealed class Running : IAsyncLifetime
    {
        private readonly HostDirectory _directory = new();
        private HostProgram _program = null!;

        internal AuthorizationServer Server { get; private set; } = null!;

        internal HttpClient Client { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Server = await AuthorizationServer.StartAsync();
            _program = await HostProgram.StartAsync(
                _directory, new Dictionary<string, string> { ["PluginRuntime__OAuth__RedirectUris__0"] = "https://app.example/callback?tenant=1" });
            Client = _program.Client(_directory);
            await (await Client.PutAsync("api/credentials/crm", Server.Credential())).JsonAsync();
        }

        public async Task DisposeAsync()
        {
            Client?.Dispose();
            _program?.Dispose();
            await Server.DisposeAsync();
            _directory.Dispose();
        }
    }
}
