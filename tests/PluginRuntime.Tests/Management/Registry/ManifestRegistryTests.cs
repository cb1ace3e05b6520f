using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using PluginRuntime.Execution;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

public sealed class ManifestRegistryTests
{
    [Fact]
    public async Task Register_ThenAnotherStart_IsThere()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        IConnectorRuntime runtime = test.Runtime;

        var id = await runtime.RegisterAsync(Manifest());
        await runtime.UpdateAsync("weather", Manifest("1.1.0"));

        Assert.Equal(("weather", "1.1.0", true), (id, runtime.GetVersion("weather"), runtime.IsCustom("weather")));
        Assert.Equal(["connector.registered 1.0.0", "connector.registered 1.1.0"], Happened(test));
        await runtime.ShutdownAsync();

        await using var again = await RuntimeUnderTest.Create(test.Root).StartAsync();
        var info = Assert.Single(again.Runtime.List().Items);
        Assert.Equal(("weather", true, false), (info.Id, info.Custom, info.BuiltIn));
        Assert.Equal(["1.1.0", "1.0.0"], info.Versions);
    }

    [Fact]
    public async Task Import_Document_IsRegisteredOrRefusedAsAWhole()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        IConnectorRuntime runtime = test.Runtime;
        var document = """{"openapi":"3.1.0","info":{"title":"Weather"},"servers":[{"url":"https://api.example.com"}],"paths":{"/now":{"get":{},"trace":{}}}}"""u8.ToArray();

        var imported = await runtime.ImportAsync(document, new());

        Assert.Equal(("weather", "1.0.0", 1), (imported.Manifest!.Id, runtime.GetVersion("weather"), imported.Notes.Count));
        Assert.Equal(["connector.registered 1.0.0"], Happened(test));
        var taken = await Assert.ThrowsAsync<RegistrationException>(() => runtime.ImportAsync(document, new() { Version = "2.0.0" }));
        var wrong = await Assert.ThrowsAsync<RegistrationException>(() => runtime.ImportAsync(document, new() { Id = "other", BaseUrl = "x" }));
        Assert.Equal(("connector.exists", "import.invalid", "/baseUrl"), (taken.Code, wrong.Code, Assert.Single(wrong.Errors).Pointer));
    }

    [Theory]
    [InlineData("1.1.0", "version.unchanged")]
    [InlineData("1.0.0", "version.unchanged")]
    [InlineData("1.0.1", "version.lower")]
    [InlineData("1.1.0-rc.1", "version.lower")]
    public async Task Update_NotHigher_IsRefused(string version, string code)
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        await test.Runtime.RegisterAsync(Manifest());
        await test.Runtime.UpdateAsync("weather", Manifest("1.1.0"));

        var refused = await Assert.ThrowsAsync<RegistrationException>(() => test.Runtime.UpdateAsync("weather", Manifest(version, "other")));

        Assert.Equal(code, refused.Code);
        Assert.Equal(["1.1.0", "1.0.0"], test.Runtime.List().Items[0].Versions);
    }

    [Fact]
    public async Task Unregister_ItsVersionsStayTaken()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        await test.Runtime.RegisterAsync(Manifest("2.0.0"));

        await test.Runtime.UnregisterConnectorAsync("weather");

        Assert.Empty(test.Runtime.List().Items);
        Assert.Equal((null, false), (test.Runtime.GetVersion("weather"), test.Runtime.IsCustom("weather")));
        Assert.Equal("connector.unknown", (await Assert.ThrowsAsync<RegistrationException>(() => test.Runtime.UnregisterConnectorAsync("weather"))).Code);
        Assert.Equal("version.taken", (await Assert.ThrowsAsync<RegistrationException>(() => test.Runtime.RegisterAsync(Manifest("2.0.0")))).Code);
        await test.Runtime.RegisterAsync(Manifest("1.0.0"));
        Assert.Equal("1.0.0", test.Runtime.GetVersion("weather"));
    }

    [Fact]
    public async Task Unregister_InUse_IsRefusedUnlessForced()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        await test.Runtime.RegisterAsync(Manifest());
        await test.PutProbeAsync("""{"connector":"weather"}""", "north");

        var refused = await Assert.ThrowsAsync<RegistrationException>(() => test.Runtime.UnregisterConnectorAsync("weather"));

        Assert.Equal("connector.in-use", refused.Code);
        Assert.Contains("north", refused.Message, StringComparison.Ordinal);
        await test.Runtime.UnregisterConnectorAsync("weather", force: true);
        await test.UntilAsync(status => status.LastError?.Code == "connector.unknown", "north");
        Assert.Equal("instance.unbound", (await Assert.ThrowsAsync<InstanceUnavailableException>(() => test.Runtime.InvokeAsync("north", "now", "{}"u8.ToArray(), new ArrayBufferWriter<byte>()).AsTask())).Code);
    }

    [Fact]
    public async Task Share_WithOneOrg_IsSeenByThatAlone()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        var registry = test.Runtime.Manifests;
        await registry.RegisterAsync("acme", Manifest(), isTrusted: false, isDryRun: false, CancellationToken.None);
        await registry.RegisterAsync("beta", Manifest("3.0.0"), isTrusted: false, isDryRun: false, CancellationToken.None);

        await registry.ShareAsync("acme/weather", ["beta"], asker: null, isForced: false, isDryRun: true, CancellationToken.None);
        Assert.Equal(["3.0.0 weather beta"], Seen("beta"));
        await registry.ShareAsync("acme/weather", ["beta"], asker: null, isForced: false, isDryRun: false, CancellationToken.None);

        Assert.Equal(["1.0.0 weather acme"], Seen("acme"));
        Assert.Equal(["1.0.0 acme/weather acme", "3.0.0 weather beta"], Seen("beta"));
        Assert.Empty(Seen("default"));
        await registry.UpdateAsync("acme/weather", Manifest("1.1.0"), isTrusted: false, isDryRun: false, CancellationToken.None);
        Assert.Equal(["1.1.0 acme/weather acme", "3.0.0 weather beta"], Seen("beta"));
        Assert.Equal("connector.unknown", (await Assert.ThrowsAsync<RegistrationException>(
            () => registry.ShareAsync("gamma/weather", [], asker: null, isForced: true, isDryRun: false, CancellationToken.None))).Code);

        // Whoever registers the id again begins with nobody.
        await registry.UnregisterAsync("acme/weather", asker: null, isForced: false, isDryRun: false, CancellationToken.None);
        await registry.RegisterAsync("acme", Manifest("2.0.0"), isTrusted: false, isDryRun: false, CancellationToken.None);
        Assert.Equal(["3.0.0 weather beta"], Seen("beta"));

        IEnumerable<string> Seen(string org) => test.Runtime.List(org).Items.Select(item => $"{item.Version} {item.Id} {item.Org}");
    }

    /// <summary>A secret was given for where the connector led then: a manifest that somebody registers does not take it elsewhere.</summary>
    [Fact]
    public async Task Update_LeadsElsewhereUnderASecret_IsTheAdministrators()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        await test.Runtime.RegisterAsync(Bound("1.0.0", "https://api.example"));
        await test.PutProbeAsync("""{"connector":"weather","enabled":false,"credentials":{"type":"bearer","token":"canary"}}""", "north");
        var moved = Bound("1.1.0", "https://evil.example");

        var refused = await Assert.ThrowsAsync<RegistrationException>(() => test.Runtime.Manifests.UpdateAsync("weather", moved, isTrusted: false, isDryRun: false, CancellationToken.None));
        Assert.Equal("connector.in-use", refused.Code);
        Assert.DoesNotContain("north", refused.Message, StringComparison.Ordinal);
        await test.Runtime.Manifests.UpdateAsync("weather", Bound("1.0.1", "https://api.example/v2"), isTrusted: false, isDryRun: false, CancellationToken.None);

        await test.Runtime.UnregisterConnectorAsync("weather", force: true);
        await Assert.ThrowsAsync<RegistrationException>(() => test.Runtime.Manifests.RegisterAsync("default", moved, isTrusted: false, isDryRun: false, CancellationToken.None));
        await test.Runtime.Manifests.RegisterAsync("default", moved, isTrusted: true, isDryRun: false, CancellationToken.None);
    }

    /// <summary>So are secrets among the settings; and none becomes open.</summary>
    [Fact]
    public async Task Update_TakesASecretSettingElsewhereOrOpensIt_IsTheAdministrators()
    {
        const string Secret = """{"type":"object","properties":{"token":{"type":"string","writeOnly":true},"unit":{"type":"string"}}}""";
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        var registry = test.Runtime.Manifests;
        await test.Runtime.RegisterAsync(Bound("1.0.0", "https://api.example", Secret));
        await test.PutProbeAsync("""{"connector":"weather","enabled":false,"settings":{"token":"canary","unit":"C"}}""", "north");

        foreach (var (url, schema) in ((string, string)[])
            [("https://evil.example", Secret), ("https://api.example", Secret.Replace(",\"writeOnly\":true", "", StringComparison.Ordinal)), ("https://api.example", """{"type":"object","properties":{"unit":{"type":"string"}}}""")])
        {
            var update = () => registry.UpdateAsync("weather", Bound("1.1.0", url, schema), isTrusted: false, isDryRun: true, CancellationToken.None);
            var isOpened = schema.Contains("\"token\"", StringComparison.Ordinal) || url != "https://api.example";
            Assert.Equal(isOpened, await Record.ExceptionAsync(update) is RegistrationException { Code: "connector.in-use" });
        }

        await registry.UpdateAsync("weather", Bound("1.1.0", "https://api.example/v2", Secret), isTrusted: false, isDryRun: false, CancellationToken.None);
    }

    /// <summary>Another version that leads elsewhere is another place.</summary>
    [Fact]
    public async Task Put_AnotherVersionThatLeadsElsewhere_AsksForTheSecretAgain()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        await test.Runtime.RegisterAsync(Bound("1.0.0", "https://old.example"));
        await test.Runtime.UpdateAsync("weather", Bound("1.1.0", "https://api.example"));
        await test.PutProbeAsync("""{"connector":"weather","enabled":false,"credentials":{"type":"bearer","token":"canary"}}""", "north");

        await test.PutProbeAsync("""{"connector":"weather","enabled":false,"version":"~1.1.0","credentials":{"type":"bearer","token":{"$secret":"set"}}}""", "north");
        var failure = await Assert.ThrowsAsync<ConfigInvalidException>(
            () => test.PutProbeAsync("""{"connector":"weather","enabled":false,"version":"1.0.0","credentials":{"type":"bearer","token":{"$secret":"set"}}}""", "north"));

        Assert.Equal(("/credentials/token", "secret.required"), (failure.Errors[0].Pointer, failure.Errors[0].Code));
    }

    [Fact]
    public async Task Change_OfWhatComesFromElsewhere_IsRefused()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        var builtIns = Directory.CreateDirectory(Path.Combine(test.Root, "builtins")).FullName;
        FixturePackages.Drop(FixturePackages.Built(FixturePackages.Bad), builtIns, "bad", "1.0.0");
        await test.StartAsync(options => options.BuiltInsDirectory = builtIns);

        async Task<string> CodeAsync(Func<Task> change) => (await Assert.ThrowsAsync<RegistrationException>(change)).Code;

        Assert.Equal("connector.exists", await CodeAsync(() => test.Runtime.RegisterAsync(Manifest(id: "bad"))));
        Assert.Equal("connector.exists", await CodeAsync(() => test.Runtime.RegisterAsync(Manifest(id: "probe"))));
        Assert.Equal("connector.builtin", await CodeAsync(() => test.Runtime.UpdateAsync("bad", Manifest("9.0.0", id: "bad"))));
        Assert.Equal("connector.builtin", await CodeAsync(() => test.Runtime.UnregisterConnectorAsync("bad", force: true)));
        Assert.Equal("connector.packaged", await CodeAsync(() => test.Runtime.UpdateAsync("probe", Manifest("9.0.0", id: "probe"))));
        Assert.Equal("connector.packaged", await CodeAsync(() => test.Runtime.UnregisterConnectorAsync("probe", force: true)));
        Assert.False(test.Runtime.IsCustom("bad"));
        Assert.True(test.Runtime.IsCustom("probe"));
    }

    [Fact]
    public async Task Register_Invalid_TellsEveryErrorWithItsPointer()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        var broken = JsonNode.Parse(Manifest().Span)!.AsObject();
        broken["id"] = "Weather!";
        broken["version"] = "one";
        broken["frob"] = 1;
        var withCode = JsonNode.Parse(Manifest().Span)!.AsObject();
        withCode["runtime"] = new JsonObject { ["assembly"] = "A.dll", ["type"] = "A.B", ["sdk"] = "1.0", ["framework"] = "net10.0" };

        var refused = await Assert.ThrowsAsync<RegistrationException>(() => test.Runtime.RegisterAsync(Encoding.UTF8.GetBytes(broken.ToJsonString())));
        var code = await Assert.ThrowsAsync<RegistrationException>(() => test.Runtime.RegisterAsync(Encoding.UTF8.GetBytes(withCode.ToJsonString())));
        var other = await Assert.ThrowsAsync<RegistrationException>(async () =>
        {
            await test.Runtime.RegisterAsync(Manifest());
            await test.Runtime.UpdateAsync("weather", Manifest("2.0.0", id: "other"));
        });

        Assert.Equal("manifest.invalid", refused.Code);
        Assert.Equal(["/frob", "/id", "/version"], refused.Errors.Select(error => error.Pointer).Order());
        Assert.Equal("/runtime", Assert.Single(code.Errors).Pointer);
        Assert.Equal(("/id", "id.mismatch"), (Assert.Single(other.Errors).Pointer, other.Errors[0].Code));
    }

    [Fact]
    public async Task State_CannotBeRead_WhatWasKnownStaysAndItIsTold()
    {
        var state = new HeldStateStore();
        await using var test = await RuntimeUnderTest.Create().StartAsync(state: state);
        await test.Runtime.RegisterAsync(Manifest());
        state.BeforeManifests = () => throw new StateException("It is away.", new IOException());

        await test.Runtime.Manifests.RefreshAsync(CancellationToken.None);

        Assert.Equal("weather", Assert.Single(test.Runtime.List().Items).Id);
        Assert.Equal(("registry", "state.failed"), (Assert.Single(test.Runtime.List().Problems).Source, test.Runtime.List().Problems[0].Code));
        state.BeforeManifests = () => { };
        await test.Runtime.Manifests.RefreshAsync(CancellationToken.None);
        Assert.Empty(test.Runtime.List().Problems);
    }

    [Fact]
    public async Task DryRun_ChangesNothing()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();

        await test.Runtime.Manifests.RegisterAsync("default", Manifest(), isTrusted: false, isDryRun: true, CancellationToken.None);
        Assert.Empty(test.Runtime.List().Items);
        await test.Runtime.RegisterAsync(Manifest());
        await test.Runtime.Manifests.UnregisterAsync("weather", asker: null, isForced: false, isDryRun: true, CancellationToken.None);
        await Assert.ThrowsAsync<RegistrationException>(() => test.Runtime.Manifests.UpdateAsync("weather", Manifest(), isTrusted: false, isDryRun: true, CancellationToken.None));

        Assert.Equal("1.0.0", test.Runtime.GetVersion("weather"));
    }

    private static IEnumerable<string> Happened(RuntimeUnderTest test) =>
        test.Runtime.Events.Snapshot().Where(happened => happened.Type.StartsWith("connector.", StringComparison.Ordinal)).Select(happened => $"{happened.Type} {happened.Version}");

    private static ReadOnlyMemory<byte> Bound(string version, string url, string settingsSchema = "{}") => Encoding.UTF8.GetBytes(
        $$"""
        {
          "manifestVersion": 1, "id": "weather", "name": "Weather", "version": "{{version}}", "auth": { "type": "bearer" }, "http": { "baseUrl": "{{url}}" },
          "settingsSchema": {{settingsSchema}},
          "actions": [ { "id": "now", "name": "Now", "idempotent": true, "http": { "method": "GET", "path": "/now" } } ]
        }
        """);

    private static ReadOnlyMemory<byte> Manifest(string version = "1.0.0", string description = "Tells the weather.", string id = "weather") => Encoding.UTF8.GetBytes(
        $$"""
        {
          "manifestVersion": 1, "id": "{{id}}", "name": "Weather", "version": "{{version}}", "description": "{{description}}", "category": "custom",
          "auth": { "type": "none" },
          "actions": [ { "id": "now", "name": "Now", "description": "The weather now.", "idempotent": true } ]
        }
        """);
}
