extern alias host;

using System.Data.Common;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests;
using AdminKey = host::PluginRuntime.Host.Auth.AdminKey;
using SqliteStateDatabase = host::PluginRuntime.Host.State.SqliteStateDatabase;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;

namespace PluginRuntime.Host.Tests.Auth;

public sealed class KeyCheckTests : IAsyncLifetime
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    private readonly string _directory = Directory.CreateTempSubdirectory("keys-").FullName;
    private readonly ManualTimeProvider _time = new();
    private StateDatabase _stored = null!;
    private SlowDatabase _database = null!;
    private KeyCheck _keys = null!;

    public async Task InitializeAsync()
    {
        _stored = await SqliteStateDatabase.OpenAsync(Path.Combine(_directory, "state.db"));
        _database = new(_stored);
        _keys = new(_database, _time, NullLogger<KeyCheck>.Instance);
        await _stored.WriteKeyHashAsync(AdminKey.Hash("old"));
        Assert.True(await _keys.IsValidAsync("old"));
    }

    public async Task DisposeAsync()
    {
        await _stored.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task IsValid_DatabaseDoesNotAnswer_HoldsUpAKnownKeyForASecondAndThenNoMore()
    {
        _database.IsSilent = true;
        _time.Advance(_second);
        var first = _keys.IsValidAsync("old").AsTask();
        await _time.WhenArmedAsync(1);
        Assert.False(first.IsCompleted);

        _time.Advance(_second);
        await Poll.UntilAsync(() => first.IsCompleted, () => "It waits on.");
        Assert.True(await first);
        var next = _keys.IsValidAsync("old");
        Assert.True(next.IsCompleted);
        Assert.True(await next);

        await _stored.WriteKeyHashAsync(AdminKey.Hash("new"));
        _database.IsSilent = false;
        Assert.True(await _keys.IsValidAsync("new"));
        Assert.False(await _keys.IsValidAsync("old"));
    }

    [Fact]
    public async Task IsValid_KeyIsReplacedWhileTheStoredOneIsRead_CountsAtOnce()
    {
        _database.IsSilent = true;
        var wrong = _keys.IsValidAsync("wrong").AsTask();
        await _database.HasRead;
        await _stored.WriteKeyHashAsync(AdminKey.Hash("new"));
        var replaced = _keys.IsValidAsync("new").AsTask();

        _database.IsSilent = false;

        Assert.True(await replaced);
        Assert.False(await wrong);
    }

    [Fact]
    public async Task IsValid_StoredKeyIsReplaced_OldOneEndsWithinASecond()
    {
        await _stored.WriteKeyHashAsync(AdminKey.Hash("new"));
        Assert.True(await _keys.IsValidAsync("old"));

        _time.Advance(_second);

        Assert.False(await _keys.IsValidAsync("old"));
    }

    /// <summary>Reads, and keeps what it read to itself while it is silent.</summary>
    private sealed class SlowDatabase(StateDatabase inner) : StateDatabase
    {
        private readonly TaskCompletionSource _hasRead = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile TaskCompletionSource? _silence;

        public Task HasRead => _hasRead.Task;

        public bool IsSilent
        {
            get => _silence is not null;
            set
            {
                var before = _silence;
                _silence = value ? new(TaskCreationOptions.RunContinuationsAsynchronously) : null;
                before?.SetResult();
            }
        }

        internal override string Name => inner.Name;

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        internal override string Translate(string statement) => inner.Translate(statement);

        internal override Task LockAsync(DbConnection connection) => inner.LockAsync(connection);

        internal override Task ScrubAsync(DbConnection connection) => inner.ScrubAsync(connection);

        private protected override async Task<T> UseAsync<T>(Func<DbConnection, Task<T>> use)
        {
            var read = await inner.RunAsync("read", use);
            if (_silence is { } silence)
            {
                _hasRead.TrySetResult();
                await silence.Task;
            }

            return read;
        }
    }
}
