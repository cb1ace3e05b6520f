using System.Text.Json;
using PluginRuntime.Management;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Credentials;

namespace PluginRuntime.Tests.Management;

public sealed class CredentialTests
{
    [Fact]
    public async Task NamedCredential_FileBehindAReferenceIsRotated_IsReadAtReconnectAndAtAChangeOfTheCredential()
    {
        await using var test = RuntimeUnderTest.Create();
        var secret = Path.Combine(test.Root, "secret");
        await File.WriteAllTextAsync(secret, "one\n");
        await WriteAsync(test, Shared($$$"""{"type":"bearer","token":"${file:{{{secret}}}}"}"""));
        await test.StartAsync();
        ConnectorContext? context = null;
        await test.Runtime.RegisterAsync(
            new ScriptedConnector { Init = given => context = given }, new() { Id = "scripted", Config = """{"credentials":"shared","poolSize":1}""" });
        Assert.Equal("Bearer one", await HeaderAsync(context!));

        await File.WriteAllTextAsync(secret, "two");
        Assert.Equal("Bearer one", await HeaderAsync(context!));
        await test.Runtime.ReconnectAsync("scripted");
        Assert.Equal("Bearer two", await HeaderAsync(context!));

        var before = test.Status("scripted").Generation!.Number;
        await WriteAsync(test, Shared("""{"type":"api_key","apiKey":"three"}"""));
        await test.UntilAsync(status => status.Generation!.Number > before, "scripted");
        Assert.Equal("three", await HeaderAsync(context!));
    }

    [Fact]
    public async Task NamedCredential_Unknown_IsAnErrorUntilItIsThere()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        await WriteAsync(test, """{"instances":{"p":{"connector":"probe","credentials":"shared"}}}""");
        await test.StartAsync();
        await test.UntilAsync(status => status.LastError is not null);
        Assert.Equal(("/credentials", "credentials.unknown"), (test.Status().LastError!.Errors[0].Pointer, test.Status().LastError!.Errors[0].Code));

        await WriteAsync(test, """{"instances":{"p":{"connector":"probe","credentials":"shared"}},"credentials":{"shared":{"type":"none"}}}""");

        await test.UntilVersionAsync("1.1.0");
    }

    [Fact]
    public async Task Reference_LeadsNowhere_IsNamedAndTriedAgain()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        var secret = Path.Combine(test.Root, "secret");
        await WriteAsync(test, $$$"""{"instances":{"p":{"connector":"probe","settings":{"password":"${file:{{{secret}}}}"} } } }""");
        await test.StartAsync();
        await test.UntilAsync(status => status.LastError is not null);
        var error = test.Status().LastError!.Errors[0];
        Assert.Equal(("/settings/password", "reference.unresolved"), (error.Pointer, error.Code));
        Assert.Contains(secret, error.Detail, StringComparison.Ordinal);

        await File.WriteAllTextAsync(secret, "hunter2");

        await test.UntilVersionAsync("1.1.0");
        Assert.DoesNotContain("hunter2", test.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_ConnectorTakesNoCredentials_IsRefused()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync(options => options.Credentials["shared"] = """{"type":"bearer","token":"canary-7c1f"}""");

        foreach (var (credentials, pointer) in new[] { ("""{"type":"bearer","token":"canary-7c1f"}""", "/credentials/type"), ("\"shared\"", "/credentials") })
        {
            var failure = await Assert.ThrowsAsync<ConfigInvalidException>(() => test.PutProbeAsync($$"""{"credentials":{{credentials}}}"""));
            Assert.Equal((pointer, "credentials.type"), (Assert.Single(failure.Errors).Pointer, failure.Errors[0].Code));
            Assert.DoesNotContain("canary-7c1f", failure.ToString(), StringComparison.Ordinal);
        }

        await test.PutProbeAsync("""{"credentials":{"type":"none"}}""");
        await test.UntilVersionAsync("1.0.0");
    }

    [Fact]
    public async Task RotatedRefreshToken_Restart_IsUsedAndForgottenWithTheInstance()
    {
        await using var server = new TokenServer();
        server.Answer = _ => server.Grant(refreshToken: "second");
        await using var test = RuntimeUnderTest.Create();
        await test.StartAsync();
        await UseAsync(test, server);
        await test.Runtime.ShutdownAsync();
        Assert.Single(Tokens(test));

        await using (var again = await RuntimeUnderTest.Create(test.Root).StartAsync())
        {
            await UseAsync(again, server);
            await again.Runtime.UnregisterAsync("scripted");
            await RuntimeUnderTest.UntilGoneAsync(() => Tokens(test).Length == 0);
        }

        Assert.Equal(["first", "second"], server.Requests.Select(asked => asked.Body.Split('=')[^1]));
    }

    private static string[] Tokens(RuntimeUnderTest test) => Directory.GetFiles(Path.Combine(test.Root, "data", "state", "tokens"));

    private static async Task UseAsync(RuntimeUnderTest test, TokenServer server)
    {
        ConnectorContext? context = null;
        await test.Runtime.RegisterAsync(
            new ScriptedConnector { Init = given => context = given },
            new()
            {
                Id = "scripted",
                Config = $$$"""{"credentials":{"type":"oauth","clientId":"i","clientSecret":"s","tokenUrl":"{{{server.Url}}}","refreshToken":"first"}}""",
            });
        await HeaderAsync(context!);
    }

    private static async Task<string> HeaderAsync(ConnectorContext context) =>
        (await context.Credentials.GetHeaderAsync(CancellationToken.None))!.Value.Value.Reveal();

    private static string Shared(string credential) => $$"""{"credentials":{"shared":{{credential}} } }""";

    private static async Task WriteAsync(RuntimeUnderTest test, string json)
    {
        Assert.Equal(JsonValueKind.Object, JsonElement.Parse(json).ValueKind);
        var next = test.ConfigFile + ".next";
        await File.WriteAllTextAsync(next, json);
        File.Move(next, test.ConfigFile, overwrite: true);
    }
}
