extern alias host;

using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Tests;
using KeyText = host::PluginRuntime.Host.Auth.KeyText;
using SqliteStateDatabase = host::PluginRuntime.Host.State.SqliteStateDatabase;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;

namespace PluginRuntime.Host.Tests.Auth;

public sealed class KeyCheckTests : IAsyncLifetime
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    private readonly string _directory = Directory.CreateTempSubdirectory("keys-").FullName;
    private readonly ManualTimeProvider _time = new();
    private StateDatabase _stored = null!;
    private StateDatabase _others = null!;
    private SlowDatabase _database = null!;
    private KeyCheck _keys = null!;
    private KeyStore _otherHost = null!;

    public async Task InitializeAsync()
    {
        _stored = await SqliteStateDatabase.OpenAsync(Path.Combine(_directory, "state.db"));
        _others = await SqliteStateDatabase.OpenAsync(Path.Combine(_directory, "state.db"));
        _database = new(_stored);
        _keys = new(new KeyStore(_database), _time, NullLogger<KeyCheck>.Instance);
        _otherHost = new(_others);
    }

    public async Task DisposeAsync()
    {
        await _stored.DisposeAsync();
        await _others.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Find_MadeByAnotherHost_CountsAtOnce()
    {
        var text = KeyText.Create();
        Assert.Null(await _keys.FindAsync(text));

        var made = await AddAsync(text);

        Assert.Equal(made, await _keys.FindAsync(text));
    }

    [Fact]
    public async Task Find_MadeWhileItIsLookedUp_CountsAtOnce()
    {
        var text = KeyText.Create();
        _database.IsSilent = true;
        var before = _keys.FindAsync(text).AsTask();
        await _database.HasRead;
        var made = await AddAsync(text);
        var after = _keys.FindAsync(text).AsTask();

        _database.IsSilent = false;

        Assert.Equal(made, await after);
        Assert.Null(await before);
    }

    [Fact]
    public async Task Find_RevokedByAnotherHost_EndsWithinASecond()
    {
        var text = KeyText.Create();
        var made = await AddAsync(text);
        Assert.NotNull(await _keys.FindAsync(text));

        await _otherHost.RevokeAsync(made.Id, _time.GetUtcNow());
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.NotNull(await _keys.FindAsync(text));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Null(await _keys.FindAsync(text));
        Assert.False(await new ShownKey(_keys, text, made, OrgNames.OfDefault).IsStillValidAsync());
    }

    [Fact]
    public async Task Find_AdminKeyIsReplaced_OldOneEndsWithinASecondAndTheNewOneCountsAtOnce()
    {
        var (old, replaced) = (KeyText.Create(), KeyText.Create());
        await _others.WriteKeyHashAsync(KeyText.Hash(old));
        Assert.Same(ApiKey.OfHost, await _keys.FindAsync(old));

        await _others.WriteKeyHashAsync(KeyText.Hash(replaced));
        Assert.Same(ApiKey.OfHost, await _keys.FindAsync(replaced));
        Assert.NotNull(await _keys.FindAsync(old));
        _time.Advance(_second);

        Assert.Null(await _keys.FindAsync(old));
        Assert.All(Enum.GetValues<Scopes>(), scope => Assert.True(ApiKey.OfHost.Scopes.Allow(scope)));
    }

    [Fact]
    public async Task Find_Forgotten_IsLookedUpAtOnce()
    {
        var text = KeyText.Create();
        var made = await AddAsync(text);
        Assert.NotNull(await _keys.FindAsync(text));

        await _otherHost.RevokeAsync(made.Id, _time.GetUtcNow());
        _keys.Forget(made.Id);

        Assert.Null(await _keys.FindAsync(text));
    }

    [Fact]
    public async Task Find_ForgottenWhileItIsLookedUp_IsNotKept()
    {
        var text = KeyText.Create();
        var made = await AddAsync(text);
        _database.IsSilent = true;
        var before = _keys.FindAsync(text).AsTask();
        await _database.HasRead;
        await _otherHost.RevokeAsync(made.Id, _time.GetUtcNow());
        _keys.Forget(made.Id);
        var after = _keys.FindAsync(text).AsTask();

        _database.IsSilent = false;

        Assert.Null(await after);
        Assert.NotNull(await before);
        Assert.Null(await _keys.FindAsync(text));
    }

    [Fact]
    public async Task Find_Expires_EndsOnTheInstant()
    {
        var text = KeyText.Create();
        await AddAsync(text, _time.GetUtcNow().AddMilliseconds(500));
        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.NotNull(await _keys.FindAsync(text));

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Null(await _keys.FindAsync(text));
    }

    [Fact]
    public async Task Find_DatabaseUnreadable_KnownKeysStay()
    {
        var (known, unknown) = (KeyText.Create(), KeyText.Create());
        await AddAsync(known, _time.GetUtcNow().AddMinutes(1));
        await AddAsync(unknown);
        Assert.NotNull(await _keys.FindAsync(known));
        await _others.RunAsync("saved", connection => connection.ExecuteAsync("ALTER TABLE api_key RENAME TO away"));
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.NotNull(await _keys.FindAsync(known));
        Assert.Equal("state.failed", (await Assert.ThrowsAsync<RequestException>(async () => await _keys.FindAsync(unknown))).Code);

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await _keys.FindAsync(known));
    }

    [Fact]
    public async Task Find_DatabaseDoesNotAnswer_HoldsUpKnownKeysForASecondAndThenNoMore()
    {
        var (old, replaced, other) = (KeyText.Create(), KeyText.Create(), KeyText.Create());
        await _others.WriteKeyHashAsync(KeyText.Hash(old));
        await AddAsync(other);
        Assert.NotNull(await _keys.FindAsync(old));
        Assert.NotNull(await _keys.FindAsync(other));
        _database.IsSilent = true;
        _time.Advance(_second);
        var first = _keys.FindAsync(old).AsTask();
        await _time.WhenArmedAsync(1);
        Assert.False(first.IsCompleted);

        // The same key goes on with what is known as soon as one waits for the answer.
        Assert.True(_keys.FindAsync(old).AsTask().IsCompleted);
        _time.Advance(_second);
        await Poll.UntilAsync(() => first.IsCompleted, () => "It waits on.");
        Assert.NotNull(await first);
        foreach (var text in (string[])[old, other])
        {
            var next = _keys.FindAsync(text).AsTask();
            Assert.True(next.IsCompleted);
            Assert.NotNull(await next);
        }

        var org = _keys.HasOrgAsync("absent").AsTask();
        Assert.True(org.IsCompleted);
        Assert.True(await org);

        await _others.WriteKeyHashAsync(KeyText.Hash(replaced));
        _database.IsSilent = false;
        Assert.NotNull(await _keys.FindAsync(replaced));
        Assert.Null(await _keys.FindAsync(old));
        Assert.False(await _keys.HasOrgAsync("absent"));
        Assert.True(await _keys.HasOrgAsync(Orgs.Default));
    }

    [Fact]
    public async Task HasOrg_DatabaseDoesNotAnswer_WaitsForASecond()
    {
        _database.IsSilent = true;
        var org = _keys.HasOrgAsync("absent").AsTask();
        await _time.WhenArmedAsync(1);
        _time.Advance(_second);

        Assert.True(await org);
        _database.IsSilent = false;
    }

    [Fact]
    public async Task Find_Mistyped_IsNotLookedUp()
    {
        var text = KeyText.Create();
        await _others.RunAsync("saved", connection => connection.ExecuteAsync("ALTER TABLE api_key RENAME TO away"));

        Assert.Null(await _keys.FindAsync(text[..^1] + (text[^1] == 'A' ? 'B' : 'A')));
        await Assert.ThrowsAsync<RequestException>(async () => await _keys.FindAsync(text));
    }

    [Theory]
    [InlineData(Scopes.Read, "read")]
    [InlineData(Scopes.Read | Scopes.Invoke, "read, invoke")]
    [InlineData(Scopes.Manage, "manage")]
    [InlineData(Scopes.OrgAdmin, "read, invoke, manage, org-admin")]
    [InlineData(Scopes.HostAdmin, "read, invoke, manage, org-admin, host-admin")]
    public void Allow_Scopes_ImpliesWhatItSays(object held, string allowed)
    {
        var scopes = Enum.GetValues<Scopes>().Where(scope => scope != Scopes.None && ((Scopes)held).Allow(scope));

        Assert.Equal(allowed, string.Join(", ", scopes.SelectMany(ScopeNames.Of)));
    }

    /// <summary>Made by another host, with times that survive storing.</summary>
    private async Task<ApiKey> AddAsync(string text, DateTimeOffset? expires = null)
    {
        var key = new ApiKey(ApiKey.NewId(), Orgs.Default, "made", Scopes.Read, _time.GetUtcNow(), expires, null, null);
        Assert.True(await _otherHost.TryAddAsync(key, KeyText.Hash(text)));
        return key;
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

        internal override string Now => inner.Now;

        internal override string SelectShared(string statement) => statement;

        internal override string Translate(string statement) => inner.Translate(statement);

        internal override Task LockAsync(DbConnection connection) => inner.LockAsync(connection);

        internal override Task ScrubAsync(DbConnection connection) => inner.ScrubAsync(connection);

        internal override Task<IReadOnlyList<string>> FindTablesAsync(DbConnection connection) => inner.FindTablesAsync(connection);

        internal override Task<DbConnection> OpenSnapshotAsync(CancellationToken cancellationToken) => inner.OpenSnapshotAsync(cancellationToken);

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
