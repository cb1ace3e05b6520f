using System.Text.Json;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Instances;

public sealed class InstanceEditorTests
{
    [Theory]
    [InlineData("""{"connector":"probe","settings":{"label":"a","label":"b"}}""", "/settings/label", "json.duplicate-key")]
    [InlineData("""{"connector":"probe","connector":"probe"}""", "/connector", "json.duplicate-key")]
    [InlineData("""{"connector":"probe","host":"\ud800"}""", "/host", "json.invalid-text")]
    public async Task PutAsync_JsonMeansDifferentThingsToReaders_IsRefused(string json, string pointer, string code)
    {
        await using var test = await StartAsync();

        foreach (var name in new[] { "p", "new" })
        {
            var failure = await Assert.ThrowsAsync<ConfigInvalidException>(() => PutAsync(test, json, name));
            Assert.Equal((pointer, code), (Assert.Single(failure.Errors).Pointer, failure.Errors[0].Code));
            Assert.Equal((pointer, code), (Assert.Single(test.Runtime.Editor.Validate(name, JsonElement.Parse(json), isTrusted: true)).Pointer, code));
        }
    }

    [Fact]
    public async Task PutAsync_Placeholder_KeepsWhatIsStored()
    {
        await using var test = await StartAsync();
        await PutAsync(test, """{"connector":"probe","settings":{"password":"hunter2"}}""");

        await PutAsync(test, """{"connector":"probe","poolSize":2,"settings":{"password":{"$secret":"set"}}}""");

        var stored = JsonElement.Parse(test.Runtime.Get("p").Definition!.Json.Span);
        Assert.Equal("hunter2", stored.GetProperty("settings").GetProperty("password").GetString());
        Assert.Equal(2, stored.GetProperty("poolSize").GetInt32());
    }

    [Fact]
    public async Task PutAsync_PlaceholderWithAnotherConnector_KeepsNoSecret()
    {
        await using var test = await StartAsync();
        await PutAsync(test, """{"connector":"probe","settings":{"password":"hunter2"}}""");

        // Another connector may not count the setting as a secret, and would show it.
        var definition = await test.Runtime.Editor.PutAsync(
            "p", JsonElement.Parse("""{"connector":"sidebyside","settings":{"password":{"$secret":"set"}}}"""), null, false, true, dryRun: true, CancellationToken.None)
            .ContinueWith(task => task.Exception?.InnerException?.Message ?? System.Text.Encoding.UTF8.GetString(task.Result.Definition.Json.Span), TaskScheduler.Default);

        Assert.DoesNotContain("hunter2", definition, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PutAsync_PoolTimesOutOfRange_SaysSo()
    {
        await using var test = await StartAsync();

        var failure = await Assert.ThrowsAsync<ConfigInvalidException>(
            () => PutAsync(test, """{"connector":"probe","pool":{"idleTimeout":"10ms","maxLifetime":"999ms"}}"""));

        Assert.Equal(["/pool/idleTimeout", "/pool/maxLifetime"], failure.Errors.Select(error => error.Pointer).Order());
    }

    private static async Task<RuntimeUnderTest> StartAsync()
    {
        var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync();
        await PutAsync(test, """{"connector":"probe"}""");
        return test;
    }

    private static Task PutAsync(RuntimeUnderTest test, string json, string name = "p") =>
        test.Runtime.Editor.PutAsync(name, JsonElement.Parse(json), null, mustBeNew: false, isTrusted: true, dryRun: false, CancellationToken.None);
}
