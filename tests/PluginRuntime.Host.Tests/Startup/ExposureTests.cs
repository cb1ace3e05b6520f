using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using PluginRuntime.Host.Settings;
using PluginRuntime.Host.Tests.Running;

namespace PluginRuntime.Host.Tests.Startup;

/// <summary>Where a host listens, and by which names it answers.</summary>
public sealed class ExposureTests : IDisposable
{
    private const string Plain = "Kestrel__Endpoints__plain__Url";

    private readonly HostDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("urls", "http://*:5080")]
    [InlineData("urls", "http://+:5080")]
    [InlineData("urls", "http://0.0.0.0:5080")]
    [InlineData("urls", "http://[::]:5080")]
    [InlineData("urls", "HTTP://10.1.2.3:5080")]
    [InlineData("urls", "http://connectors.example:5080")]
    [InlineData("urls", "https://*:5443;http://[2001:db8::1]:5080")]
    [InlineData("http_ports", "8080")]
    [InlineData("Kestrel:Endpoints:open:Url", "http://*:5080")]
    public void Read_PlainHttpForOtherMachines_IsRefusedUnlessAllowed(string key, string url)
    {
        var (errors, _) = Read((key, url));
        var sentence = Assert.Single(errors);
        Assert.StartsWith($"{key}: 'http", sentence, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("--allow-plain-http (PluginRuntime:AllowPlainHttp)", sentence, StringComparison.Ordinal);

        Assert.Empty(Read((key, url), ("PluginRuntime:AllowPlainHttp", "true")).Errors);
    }

    [Theory]
    [InlineData("urls", "http://localhost:5080;http://127.0.0.1:1;http://127.3.2.1:2;http://[::1]:3")]
    [InlineData("urls", "http://unix:/run/host.sock")]
    [InlineData("urls", "https://*:5443")]
    [InlineData("https_ports", "5443")]
    [InlineData("Kestrel:Endpoints:tls:Url", "https://0.0.0.0:5443")]
    public void Read_LoopbackSocketOrTls_IsFine(string key, string url) => Assert.Empty(Read((key, url)).Errors);

    [Fact]
    public void Read_AddressesThatAreOverridden_DoNotCount() =>
        Assert.Empty(Read(("http_ports", "8080"), ("urls", "http://*:5080"), ("Kestrel:Endpoints:tls:Url", "https://*:5443")).Errors);

    [Fact]
    public void Read_Names_AreThoseOfTheAddressesOrTheGivenOnes()
    {
        Assert.Equal(["localhost", "127.0.0.1", "[::1]", "connectors.example"], Read(("urls", "https://connectors.example;https://*:1")).Hosts);
        Assert.Equal(
            ["*.corp.example", "[2001:db8::1]", "xn--bcher-kva.example"],
            Read(
                ("PluginRuntime:AllowedHosts:0", "*.corp.example"), ("PluginRuntime:AllowedHosts:1", "2001:db8::1"), ("PluginRuntime:AllowedHosts:2", "bücher.example")).Hosts);
        foreach (var wrong in (string[])["https://a.example", "a.example:80", "*a.example", "*.10.0.0.1"])
        {
            Assert.StartsWith("PluginRuntime:AllowedHosts:0: It has to be", Assert.Single(Read(("PluginRuntime:AllowedHosts:0", wrong)).Errors), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Start_PlainHttpForOtherMachines_EndsWithTwoAndOneSentence()
    {
        var (exitCode, output, error) = await HostProgram.FailAsync(_directory, null, "--urls", "http://0.0.0.0:0");

        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith("urls: 'http://0.0.0.0:0' is reached from other machines", Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.Data));
    }

    [Fact]
    public async Task Request_ForAnotherName_IsRefusedOnEveryRouteButHealth()
    {
        using var host = await HostProgram.StartAsync(
            _directory, new Dictionary<string, string> { [Plain] = "http://0.0.0.0:0" }, "--allow-plain-http");
        using var client = Client(host.Url!.Port);

        foreach (var path in (string[])["api/instances", "api/nothing", "metrics", "openapi/v1.json", "healthy"])
        {
            var problem = await (await client.SendAsync(HttpMethod.Get, path, null, ("Host", "rebound.example"))).ProblemAsync(HttpStatusCode.BadRequest, "host.unknown");
            Assert.Contains("'rebound.example'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        await (await client.SendAsync(HttpMethod.Post, "api/batch", Http.Json("{}"), ("Host", "localhost.rebound.example:80"))).ProblemAsync(HttpStatusCode.BadRequest, "host.unknown");
        foreach (var (path, name) in (IEnumerable<(string, string)>)
            [("health/live", "rebound.example"), ("health/ready", "10.1.2.3:80"), ("openapi/v1.json", "LOCALHOST"), ("metrics", "[::1]:5080"), ("api/key", "127.0.0.1:1")])
        {
            Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(HttpMethod.Get, path, null, ("Host", name))).StatusCode);
        }
    }

    [Fact]
    public async Task Request_ForAConfiguredName_IsAnswered()
    {
        using var host = await HostProgram.StartAsync(
            _directory,
            new Dictionary<string, string> { ["PluginRuntime__AllowedHosts__0"] = "127.0.0.1", ["PluginRuntime__AllowedHosts__1"] = "*.corp.example" });
        using var client = Client(host.Url!.Port);

        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(HttpMethod.Get, "api/key", null, ("Host", "connectors.corp.example"))).StatusCode);
        foreach (var other in (string[])["corp.example", "localhost", "connectors.corp.example.org"])
        {
            await (await client.SendAsync(HttpMethod.Get, "api/key", null, ("Host", other))).ProblemAsync(HttpStatusCode.BadRequest, "host.unknown");
        }
    }

    [Fact]
    public async Task Start_HttpsConfiguredAsForAspNet_Serves()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var file = Path.Combine(_directory.Path, "tls.pfx");
        await File.WriteAllBytesAsync(file, certificate.Export(X509ContentType.Pfx, "secret"));
        using var host = await HostProgram.StartAsync(_directory, new Dictionary<string, string>
        {
            ["Kestrel__Endpoints__tls__Url"] = "https://0.0.0.0:0",
            ["Kestrel__Endpoints__tls__Certificate__Path"] = file,
            ["Kestrel__Endpoints__tls__Certificate__Password"] = "secret",
        });
        using var handler = new SocketsHttpHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.GetCertHashString() == certificate.GetCertHashString();
        using var client = new HttpClient(handler) { BaseAddress = new($"https://127.0.0.1:{host.Url!.Port}") };

        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(HttpMethod.Get, "openapi/v1.json")).StatusCode);
    }

    [Fact]
    public async Task Request_OfAnotherOrigin_IsAllowedNothing()
    {
        using var host = await HostProgram.StartAsync(_directory);
        using var client = Client(host.Url!.Port);

        foreach (var path in (string[])["api/instances", "api/batch", "api/instances/demo/actions/echo", "openapi/v1.json", "metrics", "health/ready", "nothing"])
        {
            foreach (var method in (HttpMethod[])[HttpMethod.Options, HttpMethod.Get, HttpMethod.Post])
            {
                using var answer = await client.SendAsync(
                    method, path, null,
                    ("Origin", "https://elsewhere.example"), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization, content-type, idempotency-key"));
                Assert.DoesNotContain(answer.Headers, header => header.Key.StartsWith("Access-Control-", StringComparison.OrdinalIgnoreCase));
                Assert.True(method != HttpMethod.Options || !answer.IsSuccessStatusCode, $"{path} answers a preflight with {answer.StatusCode}.");
            }
        }
    }

    private HttpClient Client(int port)
    {
        var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}") };
        client.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(_directory.KeyFile).Trim());
        return client;
    }

    private (IReadOnlyList<string> Errors, IReadOnlyList<string> Hosts) Read(params (string Key, string Value)[] settings)
    {
        var errors = new List<string>();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build();
        return (errors, new HostSettingsReader(configuration, _directory.Path, errors).Read().AllowedHosts);
    }
}
