using System.Text;
using System.Text.Json;
using PluginRuntime.Management;
using PluginRuntime.Tests.Plugins.Http;

namespace PluginRuntime.Tests.Management;

/// <summary>Where instances may connect to.</summary>
public sealed class EgressInstanceTests
{
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true, "127.0.0.0/8")]
    public async Task BoundManifest_OnLoopback_IsCalledOnlyForWhoRunsTheHostOrWhereItIsAllowed(bool isTrusted, bool isCalled, params string[] allowed)
    {
        await using var server = new HttpServer();
        await using var test = await StartAsync(allowed);
        await test.Runtime.Manifests.RegisterAsync("default", Manifest(server.Url), isTrusted, isDryRun: false, CancellationToken.None);

        // Who runs the host defines the instance: where it leads is the manifest's.
        await PutAsync(test, """{"connector":"weather"}""", isTrusted: true);

        await test.UntilAsync(status => status.State == ConnectionState.Connected || status.LastError is not null, "w");
        var failure = await Record.ExceptionAsync(() => test.CallAsync("now", "{}", "w"));
        Assert.Equal(isCalled, failure is null);
        Assert.Equal(isCalled, server.Requests.Count > 0);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task HttpInstance_OnLoopback_IsCalledOnlyForWhoRunsTheHost(bool isTrusted, bool isCalled)
    {
        await using var server = new HttpServer();
        await using var test = await StartAsync([]);

        await PutAsync(test, $$$"""{"connector":"http","settings":{"baseUrl":"{{{server.Url}}}"} }""", isTrusted);

        await test.UntilAsync(status => status.State == ConnectionState.Connected || status.LastError is not null, "w");
        var failure = await Record.ExceptionAsync(() => test.CallAsync("get", """{"path":"/"}""", "w"));
        Assert.Equal(isCalled, failure is null);
        Assert.Equal(isCalled, server.Requests.Count > 0);
    }

    [Fact]
    public async Task HostOfAnInstance_NotPublic_IsAnErrorOfItsConfiguration()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync();

        await PutAsync(test, """{"connector":"probe","host":"169.254.169.254"}""", isTrusted: false);

        await test.UntilAsync(status => status.LastError is not null, "w");
        var error = Assert.Single(test.Status("w").LastError!.Errors);
        Assert.Equal(("/host", "egress.forbidden"), (error.Pointer, error.Code));
    }

    private static Task<RuntimeUnderTest> StartAsync(string[] allowed)
    {
        var test = RuntimeUnderTest.Create();
        FixturePackages.Drop(FixturePackages.BuiltPlugin("Http"), test.DropFolder, "http-1.0.0", "1.0.0");
        return test.StartAsync(options => Array.ForEach(allowed, options.EgressAllow.Add));
    }

    private static Task PutAsync(RuntimeUnderTest test, string config, bool isTrusted) =>
        test.Runtime.Editor.PutAsync("w", JsonElement.Parse(config), null, mustBeNew: false, isTrusted, dryRun: false, CancellationToken.None);

    private static ReadOnlyMemory<byte> Manifest(string url) => Encoding.UTF8.GetBytes(
        $$"""
        {
          "manifestVersion": 1, "id": "weather", "name": "Weather", "version": "1.0.0", "description": "", "category": "custom", "auth": { "type": "none" },
          "actions": [ { "id": "now", "name": "Now", "description": "", "idempotent": true, "http": { "method": "GET", "path": "/now" } } ],
          "http": { "baseUrl": "{{url}}" }
        }
        """);
}
