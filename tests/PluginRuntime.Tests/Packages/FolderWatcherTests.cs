using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Packages;

public sealed class FolderWatcherTests : IAsyncDisposable
{
    /// <summary>Events alone: a look without one would come too late for any test.</summary>
    private static readonly FolderWatcherOptions s_eventsOnly = new()
    {
        Poll = TimeSpan.FromHours(1),
        SettlingPoll = TimeSpan.FromHours(1)
    };
    private static readonly FolderWatcherOptions s_pollsOnly = new() { UseEvents = false };

    /// <summary>Only a failure takes this long.</summary>
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);

    private readonly PackageFolder _folder = new();
    private readonly ManualTimeProvider _time = new();
    private readonly Channel<FolderScan> _told = Channel.CreateUnbounded<FolderScan>();
    private FolderWatcher? _watcher;

    public async ValueTask DisposeAsync()
    {
        if (_watcher is not null) await _watcher.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Event_DirectoryRenamedIntoFolder_IsTold()
    {
        await StartAsync(TimeProvider.System, s_eventsOnly);
        _folder.Write(".weather");
        Directory.Move(_folder.In(".weather"), _folder.In("weather"));

        await ToldAsync(Has("1.0.0"));
    }

    [Fact]
    public async Task Event_DirectoryReplacedByRename_IsTold()
    {
        _folder.Write();
        await StartAsync(TimeProvider.System, s_eventsOnly);
        _folder.Write(".next", "1.1.0");
        Directory.Move(_folder.In("weather"), _folder.In(".last"));
        Directory.Move(_folder.In(".next"), _folder.In("weather"));

        await ToldAsync(Has("1.1.0"));
    }

    [Fact]
    public async Task Event_FileDeepInsideWrittenInPlace_IsTold()
    {
        _folder.Write();
        var before = (await StartAsync(TimeProvider.System, s_eventsOnly)).Packages.Single();
        File.WriteAllText(_folder.In($"weather/{PackageFolder.Native}"), "NATIVE code");

        await ToldAsync(scan => scan.Packages.Count == 1 && scan.Packages[0].Stamp != before.Stamp);
    }

    [Fact]
    public async Task Event_SlowCopy_IsToldWhenWhole()
    {
        await StartAsync(TimeProvider.System, s_eventsOnly);
        Directory.CreateDirectory(_folder.In("weather"));
        await ToldAsync(scan => scan.Pending.Count == 1);
        PackageFolder.WriteFile(_folder.In("weather/connector.json"), PackageFolder.Manifest());
        await ToldAsync(scan => scan.Pending.Count == 1 && scan.Packages.Count == 0);
        _folder.Write();

        await ToldAsync(Has("1.0.0"));
    }

    [Fact]
    public async Task Event_ArchiveAppears_IsTold()
    {
        await StartAsync(TimeProvider.System, s_eventsOnly);
        PackageFolder.WriteFile(_folder.In("Weather.1.0.0.nupkg"), TestPackages.Library(new() { Id = "Weather" }));

        await ToldAsync(scan => scan.Archives.Count == 1);
    }

    [Fact]
    public async Task Event_Deletion_IsTold()
    {
        _folder.Write();
        await StartAsync(TimeProvider.System, s_eventsOnly);
        Directory.Delete(_folder.In("weather"), recursive: true);

        await ToldAsync(scan => scan.Packages.Count == 0 && scan.Pending.Count == 0);
    }

    [Fact]
    public async Task Event_PermissionTakenBack_IsTold()
    {
        _folder.Write();
        PackageFolder.LetGroupWrite(_folder.In("weather/Weather.dll"));
        await StartAsync(TimeProvider.System, s_eventsOnly);
        PackageFolder.LetGroupWrite(_folder.In("weather/Weather.dll"), may: false);

        await ToldAsync(Has("1.0.0"));
    }

    [Fact]
    public async Task Event_FolderIsLink_IsTold()
    {
        Directory.Move(_folder.Path, _folder.At("elsewhere"));
        Directory.CreateSymbolicLink(_folder.Path, _folder.At("elsewhere"));
        await StartAsync(TimeProvider.System, s_eventsOnly);
        _folder.Write();

        await ToldAsync(Has("1.0.0"));
    }

    [Fact]
    public async Task Event_FolderWasReplacedByAnother_NewOneIsWatched()
    {
        _folder.Write();
        await StartAsync(TimeProvider.System, new() { Poll = TimeSpan.FromMilliseconds(50) });
        Directory.Move(_folder.Path, _folder.At("away"));
        await ToldAsync(scan => scan.State == FolderState.Unreadable);
        PackageFolder.CreateDirectory(_folder.Path);
        await ToldAsync(scan => scan.State == FolderState.Read && scan.Packages.Count == 0);
        _folder.Write(version: "1.1.0");

        await ToldAsync(Has("1.1.0"));
    }

    [Fact]
    public async Task Events_Many_GiveFewCallbacksOneAtATime()
    {
        var running = 0;
        var most = 0;
        var calls = 0;
        await StartAsync(TimeProvider.System, s_eventsOnly, async () =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            calls++;
            await Task.Yield();
            Interlocked.Decrement(ref running);
        });
        for (var i = 0; i < 200; i++) PackageFolder.WriteFile(_folder.In($"weather/unlisted{i}"), [1]);
        _folder.Write();
        await ToldAsync(Has("1.0.0"));

        Assert.Equal(1, most);
        Assert.InRange(calls, 2, 50);
    }

    [Fact]
    public async Task Poll_NothingChanged_SaysNothing()
    {
        _folder.Write();
        await StartAsync(_time, s_pollsOnly);

        for (var i = 0; i < 5; i++) await PollAsync();

        Assert.False(_told.Reader.TryRead(out _));
    }

    [Theory]
    [InlineData("added")]
    [InlineData("renamed")]
    [InlineData("written")]
    [InlineData("deleted")]
    [InlineData("folder gone")]
    public async Task Poll_WithoutEvents_NoticesChange(string change)
    {
        _folder.Write();
        var before = await StartAsync(_time, s_pollsOnly);
        switch (change)
        {
            case "added": _folder.Write("other", id: "other"); break;
            case "renamed": Directory.Move(_folder.In("weather"), _folder.In("other")); break;
            case "written": File.AppendAllText(_folder.In("weather/Weather.dll"), "more"); break;
            case "deleted": Directory.Delete(_folder.In("weather"), recursive: true); break;
            default: Directory.Move(_folder.Path, _folder.At("away")); break;
        }

        await PollAsync();

        Assert.True(_told.Reader.TryRead(out var after));
        Assert.True(after.Differs(before));
    }

    [Fact]
    public async Task Poll_FolderAppears_IsTold()
    {
        Directory.Delete(_folder.Path);
        Assert.Equal(FolderState.Absent, (await StartAsync(_time, s_pollsOnly)).State);
        _folder.Write();

        await PollAsync();

        Assert.True(_told.Reader.TryRead(out var scan) && Has("1.0.0")(scan));
    }

    [Fact]
    public async Task Poll_WhilePending_IsFasterUntilItStalls()
    {
        _folder.Write(manifest: false);
        await StartAsync(_time, s_pollsOnly);

        var settling = _time.NextDue;
        _time.Advance(TimeSpan.FromSeconds(30));
        await ArmedAsync();

        Assert.Equal(s_pollsOnly.SettlingPoll, settling);
        Assert.Equal(s_pollsOnly.Poll, _time.NextDue);
    }

    [Fact]
    public async Task Callback_Throws_IsCalledAgainAtNextLook()
    {
        var fail = true;
        var calls = 0;
        await StartAsync(_time, s_pollsOnly, () =>
        {
            calls++;
            if (!fail) return Task.CompletedTask;
            fail = false;
            throw new InvalidOperationException("not now");
        }, firstFails: true);

        await PollAsync();
        await PollAsync();

        Assert.Equal(2, calls);
        Assert.True(_told.Reader.TryRead(out _));
    }

    [Fact]
    public async Task DisposeAsync_DuringCallback_CancelsItAndEnds()
    {
        var entered = new TaskCompletionSource();
        var watcher = new FolderWatcher(_folder.Source(), async token =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, token);
        }, _time, NullLogger.Instance, s_pollsOnly);
        await entered.Task.WaitAsync(s_bound);

        await watcher.DisposeAsync().AsTask().WaitAsync(s_bound);
        await watcher.DisposeAsync();
    }

    private static Func<FolderScan, bool> Has(string version) => scan =>
        scan.Packages.Count == 1 && scan.Packages[0].Candidate.Identity.Version.ToString() == version && scan.Pending.Count == 0;

    /// <summary>Starts the watcher and gives what its first callback saw, once it waits for the next change.</summary>
    private async Task<FolderScan> StartAsync(TimeProvider time, FolderWatcherOptions options, Func<Task>? also = null,
        bool firstFails = false)
    {
        var source = _folder.Source(_time, grace: TimeSpan.FromSeconds(10));
        _watcher = new(source, async _ =>
        {
            if (also is not null) await also();
            _told.Writer.TryWrite(source.Scan());
        }, time, NullLogger.Instance, options);
        var first = firstFails ? null : await ToldAsync(_ => true);
        if (time == _time) await ArmedAsync();
        return first!;
    }

    /// <summary>Lets the next look happen, and waits until the one after it is due.</summary>
    private async Task PollAsync()
    {
        await ArmedAsync();
        _time.Advance(_time.NextDue!.Value);
        await ArmedAsync();
    }

    private Task ArmedAsync() => _time.WhenArmedAsync(1).WaitAsync(s_bound);

    private async Task<FolderScan> ToldAsync(Func<FolderScan, bool> condition)
    {
        using var bound = new CancellationTokenSource(s_bound, TimeProvider.System);
        while (true)
        {
            var scan = await _told.Reader.ReadAsync(bound.Token);
            if (condition(scan)) return scan;
        }
    }
}
