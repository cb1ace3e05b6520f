extern alias host;

using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Tests;
using KeyText = host::PluginRuntime.Host.Auth.KeyText;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;

namespace PluginRuntime.Host.Tests.Auth;

public sealed class KeyCheckTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("keys-").FullName;
    private readonly ManualTimeProvider _time = new();
    private readonly StateDatabase _ours;
    private readonly StateDatabase _others;
    private readonly KeyCheck _keys;
    private readonly KeyStore _otherHost;

    public KeyCheckTests()
    {
        _ours = StateDatabase.Open(StateFile);
        _others = StateDatabase.Open(StateFile);
        _keys = new(new KeyStore(_ours), _time, NullLogger<KeyCheck>.Instance);
        _otherHost = new(_others);
    }

    private string StateFile => Path.Combine(_directory, "state.db");

    [Fact]
    public void Find_MadeByAnotherHost_CountsAtOnce()
    {
        var text = KeyText.Create();
        Assert.Null(_keys.Find(text));

        var made = Add(text);

        Assert.Equal(made, _keys.Find(text));
    }

    [Fact]
    public void Find_RevokedByAnotherHost_EndsWithinASecond()
    {
        var text = KeyText.Create();
        var made = Add(text);
        Assert.NotNull(_keys.Find(text));

        _otherHost.Revoke(made.Id, _time.GetUtcNow());
        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.NotNull(_keys.Find(text));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Null(_keys.Find(text));
        Assert.False(new ShownKey(_keys, text, made, OrgNames.OfDefault).IsStillValid);
    }

    [Fact]
    public void Find_Forgotten_IsLookedUpAtOnce()
    {
        var text = KeyText.Create();
        var made = Add(text);
        Assert.NotNull(_keys.Find(text));

        _otherHost.Revoke(made.Id, _time.GetUtcNow());
        _keys.Forget(made.Id);

        Assert.Null(_keys.Find(text));
    }

    [Fact]
    public void Find_Expires_EndsOnTheInstant()
    {
        var text = KeyText.Create();
        Add(text, _time.GetUtcNow().AddMilliseconds(500));
        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.NotNull(_keys.Find(text));

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Null(_keys.Find(text));
    }

    [Fact]
    public void Find_DatabaseUnreadable_KnownKeysStay()
    {
        var (known, unknown) = (KeyText.Create(), KeyText.Create());
        Add(known, _time.GetUtcNow().AddMinutes(1));
        Add(unknown);
        Assert.NotNull(_keys.Find(known));
        _others.Run("saved", connection => new SqliteCommand("ALTER TABLE api_key RENAME TO away", connection).ExecuteNonQuery());
        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.NotNull(_keys.Find(known));
        Assert.Equal("state.failed", Assert.Throws<RequestException>(() => _keys.Find(unknown)).Code);

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(_keys.Find(known));
    }

    [Fact]
    public void Find_Mistyped_IsNotLookedUp()
    {
        var text = KeyText.Create();
        _ours.Run("saved", connection => new SqliteCommand("ALTER TABLE api_key RENAME TO away", connection).ExecuteNonQuery());

        Assert.Null(_keys.Find(text[..^1] + (text[^1] == 'A' ? 'B' : 'A')));
        Assert.Throws<RequestException>(() => _keys.Find(text));
    }

    [Fact]
    public void Find_AdminKey_MayDoEverything()
    {
        var text = KeyText.Create();
        _others.WriteKeyHash(KeyText.Hash(text));

        Assert.Same(ApiKey.OfHost, _keys.Find(text));
        Assert.All(Enum.GetValues<Scopes>(), scope => Assert.True(ApiKey.OfHost.Scopes.Allow(scope)));
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

    [Fact]
    public void Uses_AreSavedWhenAsked_TheNewestWins()
    {
        var made = Add(KeyText.Create());
        using var uses = new KeyUses(new KeyStore(_ours), _time, NullLogger<KeyUses>.Instance);

        uses.Note(made);
        Assert.Null(LastUse());
        uses.Save();
        var first = LastUse();
        _otherHost.SaveUses(new Dictionary<string, DateTimeOffset> { [made.Id] = _time.GetUtcNow().AddHours(-1) });

        Assert.Equal(_time.GetUtcNow().ToUnixTimeMilliseconds(), first?.ToUnixTimeMilliseconds());
        Assert.Equal(first, LastUse());
    }

    [Fact]
    public void Uses_DatabaseFails_AreKept()
    {
        var made = Add(KeyText.Create());
        using var uses = new KeyUses(new KeyStore(_ours), _time, NullLogger<KeyUses>.Instance);
        uses.Note(made);

        _ours.Run("saved", connection => new SqliteCommand("ALTER TABLE api_key RENAME TO away", connection).ExecuteNonQuery());
        uses.Save();
        _ours.Run("saved", connection => new SqliteCommand("ALTER TABLE away RENAME TO api_key", connection).ExecuteNonQuery());
        Assert.Null(LastUse());
        uses.Save();

        Assert.NotNull(LastUse());
    }

    [Fact]
    public void RemoveOrg_OwnsSomething_Stays()
    {
        Assert.True(_otherHost.TryAdd(new Org("acme", _time.GetUtcNow())));
        Assert.False(_otherHost.TryAdd(new Org("acme", _time.GetUtcNow())));
        var made = Add(KeyText.Create(), org: "acme");
        Assert.False(_otherHost.TryRemoveOrg("acme", _time.GetUtcNow()));
        _otherHost.Revoke(made.Id, _time.GetUtcNow());
        _others.Run("saved", connection => new SqliteCommand("INSERT INTO instance VALUES ('acme/orders', 1, x'00', 0)", connection).ExecuteNonQuery());
        Assert.False(_otherHost.TryRemoveOrg("acme", _time.GetUtcNow()));
        Assert.Single(_otherHost.KeysOf("acme"));
        _others.Run("saved", connection => new SqliteCommand("DELETE FROM instance", connection).ExecuteNonQuery());

        Assert.True(_otherHost.TryRemoveOrg("acme", _time.GetUtcNow()));

        Assert.Null(_otherHost.FindOrg("acme"));
        Assert.False(_otherHost.TryAdd(made with { Id = ApiKey.NewId() }, KeyText.Hash(KeyText.Create())));
    }

    public void Dispose()
    {
        _ours.Dispose();
        _others.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private DateTimeOffset? LastUse() => Assert.Single(_otherHost.KeysOf(Orgs.Default)).LastUsed;

    /// <summary>Made by another host, with times that survive storing.</summary>
    private ApiKey Add(string text, DateTimeOffset? expires = null, string org = Orgs.Default)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(_time.GetUtcNow().ToUnixTimeMilliseconds());
        var key = new ApiKey(ApiKey.NewId(), org, "made", Scopes.Read, now, expires, null, null);
        Assert.True(_otherHost.TryAdd(key, KeyText.Hash(text)));
        return key;
    }
}
