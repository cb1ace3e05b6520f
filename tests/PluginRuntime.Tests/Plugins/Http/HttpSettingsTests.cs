using System.Text;
using System.Text.Json;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Plugins.Http;

/// <summary>What a configuration may not make the connector do: read files and the environment, or leave HTTP.</summary>
public sealed class HttpSettingsTests
{
    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("file://localhost/etc/passwd")]
    [InlineData("FILE:///etc/passwd")]
    [InlineData("/etc/passwd")]
    [InlineData("unix:///run/docker.sock")]
    [InlineData("http+unix://%2Frun%2Fdocker.sock/")]
    [InlineData("ftp://127.0.0.1/")]
    [InlineData("gopher://127.0.0.1/")]
    [InlineData("data:text/plain,x")]
    [InlineData("jar:http://127.0.0.1/!/x")]
    [InlineData("\\\\server\\share")]
    [InlineData("http://user:pass@127.0.0.1/")]
    [InlineData("http://user@127.0.0.1/")]
    [InlineData("http://127.0.0.1/?q=1")]
    [InlineData("http://127.0.0.1/#f")]
    [InlineData("http://127.0.0.1\\@evil.example/")]
    [InlineData("http:127.0.0.1")]
    [InlineData("http://")]
    [InlineData("//127.0.0.1/")]
    [InlineData("127.0.0.1")]
    [InlineData("")]
    [InlineData("${env:PATH}")]
    [InlineData("${file:/etc/passwd}")]
    public async Task BaseUrl_OfAnotherShape_IsRefusedBySchemaAndConnector(string baseUrl)
    {
        Assert.NotEmpty(SettingsSchema().Validate(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { baseUrl }))));

        var failure = await Assert.ThrowsAsync<ConnectorException>(() => HttpFixture.OpenAsync(baseUrl));
        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.DoesNotContain("pass@", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1")]
    [InlineData("HTTPS://api.example.com/v1/")]
    [InlineData("http://[::1]:8080/@scope/x")]
    [InlineData("https://bücher.example/%20")]
    public async Task BaseUrl_HttpOrHttps_IsAcceptedBySchemaAndConnector(string baseUrl)
    {
        Assert.Empty(SettingsSchema().Validate(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { baseUrl }))));

        await using var http = await HttpFixture.OpenAsync(baseUrl);
    }

    [Theory]
    [InlineData("HTTP://LOCALHOST:1/V1")]
    [InlineData("http://bücher.invalid:1")]
    [InlineData("http://xn--bcher-kva.invalid:1")]
    [InlineData("http://[::1]:1/a")]
    public async Task BaseUrl_InAnotherSpelling_IsWhereRequestsGo(string baseUrl)
    {
        await using var http = await HttpFixture.OpenAsync(baseUrl);

        Assert.Equal(ConnectorErrorKind.Unavailable, (await http.FailGetAsync("/x")).Kind);
    }

    /// <summary>What is an address of this machine goes to its port by HTTP, and to nothing else of it; here, nobody listens.</summary>
    [Theory]
    [InlineData("http://[::]:1/etc/passwd")]
    [InlineData("http://0.0.0.0:1/proc/self/environ")]
    [InlineData("http://localhost:1/etc/passwd")]
    [InlineData("http://127.1:1/file:/etc/passwd")]
    [InlineData("http://2130706433:1/env:PATH")]
    public async Task Get_AddressOfThisMachine_GivesNoFile(string baseUrl)
    {
        await using var http = await HttpFixture.OpenAsync(baseUrl);

        var failure = await http.FailGetAsync("");

        Assert.Equal(ConnectorErrorKind.Unavailable, failure.Kind);
        Assert.DoesNotContain("root:", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>The caller's text goes out as it is: whatever place it stands in, a reference is never resolved.</summary>
    [Theory]
    [InlineData("${env:HTTP_TEST_SECRET}")]
    [InlineData("${file:/proc/self/environ}")]
    [InlineData("%HTTP_TEST_SECRET%25")]
    [InlineData("$HTTP_TEST_SECRET")]
    [InlineData("$(printenv HTTP_TEST_SECRET)")]
    [InlineData("`printenv HTTP_TEST_SECRET`")]
    [InlineData("{{env.HTTP_TEST_SECRET}}")]
    [InlineData("{HTTP_TEST_SECRET}")]
    public async Task Request_ReferenceAnywhere_IsNeverResolved(string reference)
    {
        Environment.SetEnvironmentVariable("HTTP_TEST_SECRET", "open-sesame");
        await using var server = new HttpServer();
        server.Answer = request => HttpServer.Reply.Of(200, request.Head + request.Text, "Content-Type: text/plain");
        await using var http = await HttpFixture.OpenAsync(server.Url);

        var answers = new[]
        {
            await TryAsync(new { method = "GET", path = "/" + reference }),
            await TryAsync(new { method = "GET", path = "/", query = new Dictionary<string, string> { [reference] = reference } }),
            await TryAsync(new { method = "GET", path = "/", headers = new Dictionary<string, string> { ["X-A"] = reference } }),
            await TryAsync(new { method = "POST", path = "/", body = new Dictionary<string, string> { [reference] = reference } }),
            await TryAsync(new { method = "POST", path = "/", headers = new Dictionary<string, string> { ["Content-Type"] = "text/plain" }, body = reference }),
        };

        Assert.All(answers, answer => Assert.DoesNotContain("open-sesame", answer, StringComparison.Ordinal));
        Assert.Contains("X-A: " + reference, answers[2], StringComparison.Ordinal);
        Assert.EndsWith(reference, JsonElement.Parse(answers[4]).GetProperty("body").GetString()!, StringComparison.Ordinal);

        async Task<string> TryAsync(object input)
        {
            try
            {
                return (await http.RequestAsync(input)).GetRawText();
            }
            catch (ConnectorException failure)
            {
                return failure.Message;
            }
        }
    }

    [Theory]
    [InlineData("Authorization", "Bearer x")]
    [InlineData("Host", "evil.example")]
    [InlineData("X A", "1")]
    [InlineData("X-A", "1\r\nX-Evil: 2")]
    public async Task Headers_ThatAreNotAccepted_StopTheStart(string name, string value)
    {
        var failure = await Assert.ThrowsAsync<ConnectorException>(
            () => HttpFixture.OpenAsync("http://127.0.0.1", new { headers = new Dictionary<string, string> { [name] = value } }));

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.Contains("the setting 'headers'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HealthPath_ThatLeaves_StopsTheStart()
    {
        var failure = await Assert.ThrowsAsync<ConnectorException>(() => HttpFixture.OpenAsync("http://127.0.0.1", new { healthPath = "/../x" }));

        Assert.Equal(ConnectorErrorKind.Input, failure.Kind);
        Assert.Contains("'healthPath'", failure.Message, StringComparison.Ordinal);
    }

    private static JsonSchema SettingsSchema()
    {
        var manifest = ManifestReader.Read(File.ReadAllBytes(Path.Combine(FixturePackages.BuiltPlugin("Http"), "connector.json")));
        Assert.Empty(manifest.Errors);
        return JsonSchema.Compile(manifest.Manifest!.SettingsSchema!.Value).Schema!;
    }
}
