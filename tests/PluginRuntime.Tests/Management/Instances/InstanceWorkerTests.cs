using PluginRuntime.Management;
using PluginRuntime.Sdk;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Management.Instances;

public sealed class InstanceWorkerTests
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Stop_CommandIsBeingBuilt_ItsOperationEnds()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0", "init-hangs");
        await test.StartAsync();
        await test.PutProbeAsync("""{"version":"1.0.0"}""");
        await test.UntilVersionAsync("1.0.0");
        await test.PutProbeAsync("""{"update":"manual"}""");
        var operation = test.Runtime.Swaps.Swap("p", SemanticVersion.Parse("1.1.0"));
        await test.UntilAsync(_ => operation.Snapshot().Phases.Any(phase => phase.Name == "init"));

        await test.Runtime.Editor.DeleteAsync("p", null, dryRun: false, CancellationToken.None);

        Assert.Equal(OperationStatus.Failed, (await operation.Ended.WaitAsync(_patience)).Status);
    }

    [Fact]
    public async Task Order_WorkerHasEnded_OperationFails()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        await test.Runtime.ShutdownAsync();

        var ended = await test.Runtime.Swaps.Reconnect("p").Ended.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal((OperationStatus.Failed, "host.draining"), (ended.Status, ended.Code));
    }

    [Fact]
    public async Task Pass_FailsBetweenBuildAndPublish_TheNewGenerationIsTakenDown()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0");
        FixturePackages.DropProbe(test.DropFolder, "1.2.0", "constructor-throws");
        var state = new HeldStateStore();
        await test.StartAsync(state: state);
        await test.PutProbeAsync("""{"version":"1.0.0"}""");
        await test.UntilVersionAsync("1.0.0");
        var failures = 0;
        state.BeforeSave = (_, versions, _) => versions?.Quarantine.Count == 1 && versions.Current?.Version.ToString() == "1.0.0" && failures++ == 0
            ? throw new InvalidOperationException("a fault of the store that nobody foresaw")
            : Task.CompletedTask;

        // 1.2.0 is put aside, which is to be saved, while 1.1.0 is ready for calls.
        await test.PutProbeAsync("""{"version":"*"}""");
        await test.UntilVersionAsync("1.1.0");

        await test.UntilAsync(status => status.Previous is { Version: "1.0.0", Collected: true });
        var permits = test.Runtime.Get("p").Permits;
        Assert.Equal(1, failures);
        Assert.Equal(4, permits.Limit);
        Assert.Equal(test.Status().Pool!.Total, permits.Held);
    }

    [Fact]
    public async Task Pass_SaveOfQuarantineFailsUnexpectedly_IsSavedLater()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        var state = new HeldStateStore();
        await test.StartAsync(state: state);
        await test.PutProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        var failures = 0;
        state.BeforeSave = (_, _, _) => failures++ == 0 ? throw new InvalidOperationException("once") : Task.CompletedTask;

        FixturePackages.DropProbe(test.DropFolder, "1.1.0", "constructor-throws");

        await test.UntilAsync(_ => state.Versions("p")?.Quarantine.Count == 1);
        Assert.Equal("1.1.0", state.Versions("p")!.Quarantine[0].Package.Version.ToString());
    }

    [Fact]
    public async Task Publish_WorkerIsStopped_WhatRunsIsSavedAllTheSame()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        var state = new HeldStateStore();
        var saving = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        state.BeforeSave = async (_, _, cancellationToken) =>
        {
            saving.TrySetResult();
            await release.Task.WaitAsync(cancellationToken);
        };
        await test.StartAsync(options => options.Instances["p"] = RuntimeUnderTest.ProbeConfig(), state);
        await saving.Task.WaitAsync(_patience);

        var stopping = test.Runtime.ShutdownAsync();
        release.SetResult();
        await stopping;

        Assert.Equal("1.0.0", state.Versions("p")?.Current?.Version.ToString());
    }

    [Fact]
    public async Task Delete_CreatedAgainWhileTheOldOneDrains_NothingOfTheOldOneStays()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync();
        await test.PutProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        FixturePackages.DropProbe(test.DropFolder, "1.1.0", "constructor-throws");
        await test.UntilAsync(status => status.Quarantine.Count == 1);
        var running = test.CallAsync("sleep", """{"milliseconds":1000}""");
        await test.UntilAsync(status => status.Pool is { InUse: 1 });

        await test.Runtime.Editor.DeleteAsync("p", null, dryRun: false, CancellationToken.None);
        await test.PutProbeAsync("""{"enabled":false}""");
        await running;
        await test.Runtime.ShutdownAsync();

        await using var again = RuntimeUnderTest.Create(test.Root);
        await again.StartAsync();
        Assert.Empty(again.Status().Quarantine);
    }

    [Fact]
    public async Task Unregister_CallRuns_ObjectIsDestroyedAfterItsEnd()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        var release = new TaskCompletionSource();
        var entered = new TaskCompletionSource();
        var isBusy = false;
        var destroyedWhileBusy = false;
        var connector = new ScriptedConnector
        {
            Act = async (output, _) =>
            {
                isBusy = true;
                entered.SetResult();
                await release.Task;
                System.Buffers.BuffersExtensions.Write(output, "{}"u8);
                isBusy = false;
            },
            Destroy = () =>
            {
                destroyedWhileBusy = isBusy;
                return default;
            },
        };
        await test.Runtime.RegisterAsync(connector, new() { Id = "scripted" });
        var call = test.CallAsync("act", instance: "scripted");
        await entered.Task;

        var unregistering = test.Runtime.UnregisterAsync("scripted");
        await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        release.SetResult();
        await call;
        await unregistering;

        Assert.False(destroyedWhileBusy);
    }

    [Fact]
    public async Task Shutdown_RemovalIsUnderWay_WaitsForIt()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0");
        await test.StartAsync();
        await test.PutProbeAsync();
        await test.UntilVersionAsync("1.0.0");
        var running = test.CallAsync("sleep", """{"milliseconds":500}""");
        await test.UntilAsync(status => status.Pool is { InUse: 1 });
        await test.Runtime.Editor.DeleteAsync("p", null, dryRun: false, CancellationToken.None);

        await test.Runtime.ShutdownAsync();

        Assert.True(running.IsCompletedSuccessfully);
        Assert.False(File.Exists(Path.Combine(test.Root, "data", "state", "p.json")));
    }

    [Fact]
    public async Task Pass_SettingsCannotBePrepared_InstanceSaysSo()
    {
        await using var test = RuntimeUnderTest.Create();
        FixturePackages.DropProbe(test.DropFolder, "1.0.0", spoil: directory => FixturePackages.Describe(
            directory, null, manifest => manifest["settingsSchema"]!["properties"]!["label"]!.AsObject()["format"] = "path"));
        Directory.CreateDirectory(Path.Combine(test.Root, "data", "probe"));
        await File.WriteAllTextAsync(Path.Combine(test.Root, "data", "probe", "file"), "");

        await test.StartProbeAsync("""{"settings":{"label":"file/below"}}""");

        await test.UntilAsync(status => status is { State: ConnectionState.Error, LastError: not null });
        Assert.Equal(("config.invalid", "/settings/label"), (test.Status().LastError!.Code, Assert.Single(test.Status().LastError!.Errors).Pointer));
    }

    [Fact]
    public async Task LocalConnector_Reconnects_ItsLifetimeLastsUntilTheRuntimeEnds()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        ConnectorContext? context = null;
        var destroys = 0;
        var connector = new ScriptedConnector
        {
            Init = given => context = given,
            Destroy = () =>
            {
                destroys++;
                return default;
            },
        };
        await test.Runtime.RegisterAsync(connector, new() { Id = "scripted" });
        await test.Runtime.ReconnectAsync("scripted");
        Assert.False(context!.Lifetime.IsCancellationRequested);

        await test.Runtime.ShutdownAsync();

        Assert.True(context.Lifetime.IsCancellationRequested);
        Assert.Equal(1, destroys);
    }

    [Fact]
    public async Task CheckAsync_VersionIsReplacedWhileItWaits_ChecksTheNewOne()
    {
        await using var test = await RuntimeUnderTest.Create().StartAsync();
        var release = new TaskCompletionSource();
        var connector = new ScriptedConnector
        {
            Act = async (output, _) =>
            {
                await release.Task;
                System.Buffers.BuffersExtensions.Write(output, "{}"u8);
            },
        };
        await test.Runtime.RegisterAsync(connector, new() { Id = "scripted", Config = """{"poolSize":1}""" });
        var call = test.CallAsync("act", instance: "scripted");
        await test.UntilAsync(status => status.Pool is { InUse: 1 }, "scripted");
        var check = test.Runtime.CheckHealthAsync("scripted");
        await test.UntilAsync(status => status.Pool is { Waiting: 1 }, "scripted");

        var reconnecting = test.Runtime.ReconnectAsync("scripted");

        Assert.Null((await check).Error);
        release.SetResult();
        await call;
        await reconnecting;
        Assert.True(test.Runtime.GetHealthStatus("scripted").Healthy);
    }
}
