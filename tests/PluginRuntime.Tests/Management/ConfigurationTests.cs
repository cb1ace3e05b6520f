using PluginRuntime.Execution;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

public sealed class ConfigurationTests
{
    [Fact]
    public async Task ConnectorsFile_Changes_ArePickedUpAndABrokenOneKeepsTheLastGood()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await WriteAsync(test, """{"instances":{"a":{"connector":"probe"}}}""");
        await test.StartAsync();
        await test.UntilVersionAsync("1.0.0", "a");

        await WriteAsync(test, """{"instances":{"a":{"connector":"probe"},"b":{"connector":"probe","poolSize":1}}}""");
        await UntilAsync(() => test.Runtime.Registry.Find("b") is not null);
        await test.UntilVersionAsync("1.0.0", "b");

        await WriteAsync(test, """{"instances":{"a":{"connec""");
        await UntilAsync(() => test.Runtime.FileError is not null);
        Assert.Equal("1.0.0", await test.VersionAsync("a"));
        Assert.Equal("1.0.0", await test.VersionAsync("b"));

        await WriteAsync(test, """{"instances":{"a":{"connector":"probe"}}}""");
        await UntilAsync(() => test.Runtime.Registry.Find("b") is null);
        Assert.Null(test.Runtime.FileError);
    }

    [Fact]
    public async Task ConnectorsFile_IsALinkWhoseTargetChanges_IsPickedUp()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");

        // As a mounted ConfigMap: the file is a link through a directory that is exchanged.
        Directory.CreateDirectory(Path.Combine(test.Root, "one"));
        Directory.CreateDirectory(Path.Combine(test.Root, "two"));
        await File.WriteAllTextAsync(Path.Combine(test.Root, "one", "c.json"), """{"instances":{"a":{"connector":"probe"}}}""");
        await File.WriteAllTextAsync(Path.Combine(test.Root, "two", "c.json"), """{"instances":{"b":{"connector":"probe"}}}""");
        Directory.CreateSymbolicLink(Path.Combine(test.Root, "current"), "one");
        File.CreateSymbolicLink(test.ConfigFile, Path.Combine("current", "c.json"));
        await test.StartAsync();
        Assert.NotNull(test.Runtime.Registry.Find("a"));

        Directory.Delete(Path.Combine(test.Root, "current"));
        Directory.CreateSymbolicLink(Path.Combine(test.Root, "current"), "two");

        await UntilAsync(() => test.Runtime.Registry.Find("b") is not null);
        Assert.Null(test.Runtime.Registry.Find("a"));
    }

    [Fact]
    public async Task ConnectorsFile_OneInstanceHasErrors_TheOthersRunAndItSaysWhy()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await WriteAsync(test, """{"instances":{"good":{"connector":"probe"},"bad":{"connector":"probe","pool":{"size":"ten"},"x":1}}}""");
        await test.StartAsync();

        await test.UntilVersionAsync("1.0.0", "good");
        await test.UntilAsync(status => status.LastError is not null, "bad");

        var error = test.Status("bad").LastError!;
        Assert.Equal("config.invalid", error.Code);
        Assert.Equal(["/pool/size", "/x"], error.Errors.Select(each => each.Pointer).Order());
        await Assert.ThrowsAsync<InstanceUnavailableException>(() => test.VersionAsync("bad"));
    }

    [Fact]
    public async Task ConnectorsFile_DefinesWhatTheApiDefined_FileWinsAndApiMayNotChangeIt()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync();
        await PutAsync(test, "a", """{"connector":"probe","poolSize":2}""");
        await test.UntilVersionAsync("1.0.0", "a");

        await WriteAsync(test, """{"instances":{"a":{"connector":"probe","poolSize":3}}}""");

        await test.UntilAsync(status => status.Pool?.Size == 3, "a");
        await Assert.ThrowsAsync<InstanceReadOnlyException>(() => PutAsync(test, "a", """{"connector":"probe","poolSize":4}"""));
        Assert.Contains(test.Log.Lines, line => line.StartsWith("Warning 1009", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Api_InstanceAfterRestart_IsThereWithItsRevision()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync();
        await PutAsync(test, "a", """{"connector":"probe","poolSize":2}""");
        await PutAsync(test, "a", """{"connector":"probe","poolSize":3}""");
        await test.Runtime.ShutdownAsync();

        await using var again = RuntimeUnderTest.Create(test.Root);
        await again.StartAsync();
        await again.UntilVersionAsync("1.0.0", "a");

        Assert.Equal((DefinitionOrigin.Api, 2), (again.Runtime.Get("a").Definition!.Origin, again.Runtime.Get("a").Definition!.Revision));
        await Assert.ThrowsAsync<RevisionMismatchException>(() => again.Runtime.Editor.DeleteAsync("a", 1, dryRun: false, CancellationToken.None));
        await again.Runtime.Editor.DeleteAsync("a", 2, dryRun: false, CancellationToken.None);
        Assert.Null(again.Runtime.Registry.Find("a"));
    }

    [Fact]
    public async Task Api_ConfigurationHasErrors_AllInOneAnswerAndNothingChanges()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync();

        var failure = await Assert.ThrowsAsync<ConfigInvalidException>(() => PutAsync(
            test, "a", """{"connector":"probe","pool":{"size":"ten"},"unknown":1,"timeout":"soon","version":"^7","settings":{"nope":1}}"""));

        Assert.Equal(
            [
                ("/pool/size", "value.invalid"), ("/settings/nope", "schema.additional-properties"), ("/timeout", "value.invalid"),
                ("/unknown", "key.unknown"), ("/version", "version.unmatched"),
            ],
            failure.Errors.Select(error => (error.Pointer, error.Code)).Order());
        Assert.Null(test.Runtime.Registry.Find("a"));
    }

    [Fact]
    public async Task Api_PackageWasDroppedAMomentAgo_IsFound()
    {
        await using var test = RuntimeUnderTest.Create();
        await test.StartAsync();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");

        await PutAsync(test, "a", """{"connector":"probe"}""");

        Assert.Equal("1.0.0", await test.VersionAsync("a"));
    }

    [Fact]
    public async Task Required_CannotBeBroughtUp_StopsTheStart()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0", "open-throws");

        var failure = await Assert.ThrowsAsync<RequiredInstanceException>(() => test.StartProbeAsync("""{"required":true}"""));

        Assert.Equal("p", failure.Instance);
        Assert.Contains("nobody answers", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Optional_CannotBeBroughtUp_ComesBackByItself()
    {
        await using var test = RuntimeUnderTest.Create();
        var flag = Path.Combine(test.Root, "down");
        await File.WriteAllTextAsync(flag, "");
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync($$$"""{"settings":{"downWhileFileExists":"{{{flag}}}"}}""");
        await test.UntilAsync(status => status is { State: ConnectionState.Error, LastError.Code: "connector.unavailable", IsConnected: false });

        File.Delete(flag);

        await test.UntilVersionAsync("1.0.0");
        Assert.Equal("1.0.0", await test.VersionAsync());
    }

    [Fact]
    public async Task Disabled_Instance_TakesNoCallsAndItsContextGoes()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync();
        await PutAsync(test, "a", """{"connector":"probe"}""");
        await test.UntilVersionAsync("1.0.0", "a");

        await PutAsync(test, "a", """{"connector":"probe","enabled":false}""");

        await test.UntilAsync(status => status is { State: ConnectionState.Disconnected, Generation: null, Previous.Collected: true }, "a");
        var failure = await Assert.ThrowsAsync<InstanceUnavailableException>(() => test.VersionAsync("a"));
        Assert.Contains("disabled", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClearQuarantine_InstanceIsDisabled_IsDone()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0", "constructor-throws");
        await test.StartAsync();
        await PutAsync(test, "a", """{"connector":"probe"}""");
        await test.UntilAsync(status => status is { Quarantine.Count: 1, Generation.Version: "1.0.0" }, "a");
        await PutAsync(test, "a", """{"connector":"probe","enabled":false}""");

        var operation = await test.Runtime.Swaps.ClearQuarantine("a").Ended;

        Assert.Equal(OperationStatus.Succeeded, operation.Status);
        Assert.Empty(test.Status("a").Quarantine);
    }

    private static Task PutAsync(RuntimeUnderTest test, string name, string json) =>
        test.Runtime.Editor.PutAsync(
            name, System.Text.Json.JsonElement.Parse(json), null, mustBeNew: false, isTrusted: true, dryRun: false, CancellationToken.None);

    private static async Task WriteAsync(RuntimeUnderTest test, string json)
    {
        // A new file under the old name, so that its stamp differs however fast the test is.
        var next = test.ConfigFile + ".next";
        await File.WriteAllTextAsync(next, json);
        File.Move(next, test.ConfigFile, overwrite: true);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60), TimeProvider.System);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, bound.Token);
        }
    }
}
