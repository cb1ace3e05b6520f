using System.Text;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.State;
using PluginRuntime.Host.Tests.State;
using PluginRuntime.Management;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.Auth;

/// <summary>Two hosts on one database, each with connections of its own for the state and for keys.</summary>
[Collection(PostgresShared.Name)]
public sealed class OrgQuotasTests(PostgresShared shared)
{
    private const int Most = 5;

    private readonly OrgQuotas _quotas = new(new(Most, Most, Most, Most, 0, 0));
    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Add_ManyAtOnceOnTwoHosts_NeverExceedsTheLimit(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var one = await place.OpenAsync();
        await using var two = await place.OpenAsync();
        var seal = await StateSealing.OpenAsync(one, new(place.KeyFile));
        SqlStateStore[] states = [new(one, seal, "one", _quotas), new(two, seal, "two", _quotas)];
        KeyStore[] keys = [new(one, _quotas), new(two, _quotas)];
        await keys[0].TryAddAsync(new Org("acme", _time.GetUtcNow()));

        var adding = Enumerable.Range(0, 12).SelectMany(i => new[]
        {
            TryAsync(() => states[i % 2].SaveDefinitionAsync($"acme/i{i}", Definition(1), StateWrite.Plain, CancellationToken.None)),
            TryAsync(() => states[i % 2].SaveCredentialAsync($"acme/c{i}", Credential(), StateWrite.Plain, CancellationToken.None)),
            TryAsync(() => keys[i % 2].TryAddAsync(Key($"{i}"), [(byte)i])),
        }).ToList();
        var refused = (await Task.WhenAll(adding)).OfType<QuotaExceededException>().ToList();

        Assert.Equal(3 * (12 - Most), refused.Count);
        var (_, use) = await keys[1].UseOfAsync("acme", _time.GetUtcNow());
        Assert.Equal(new(Most, Most, Most, 0), use);
        Assert.Contains(
            "The org 'acme' has 5 instances, and may have 5. A key with the scope host-admin can raise that: PUT /api/orgs/acme/limits.", refused.Select(failure => failure.Message));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Limit_Lowered_TakesNothingAwayAndLetsBeChanged(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var state = new SqlStateStore(database, await StateSealing.OpenAsync(database, new(place.KeyFile)), "", _quotas);
        var keys = new KeyStore(database, _quotas);
        await keys.TryAddAsync(new Org("acme", _time.GetUtcNow()));
        for (var i = 0; i < 3; i++)
        {
            await state.SaveDefinitionAsync($"acme/i{i}", Definition(1), StateWrite.Plain, CancellationToken.None);
        }

        Assert.True(await keys.TryLimitAsync("acme", GivenLimits.None with { Instances = 2 }));
        Assert.False(await keys.TryLimitAsync("nobody", GivenLimits.None));

        await state.SaveDefinitionAsync("acme/i0", Definition(2), StateWrite.Plain, CancellationToken.None);
        Assert.IsType<QuotaExceededException>(await TryAsync(() => state.SaveDefinitionAsync("acme/new", Definition(1), StateWrite.Plain, CancellationToken.None)));
        Assert.Equal(3, (await state.LoadAsync(CancellationToken.None)).Definitions.Count);
        await state.SaveDefinitionAsync("acme/i1", null, StateWrite.Plain, CancellationToken.None);
        await state.SaveDefinitionAsync("acme/i2", null, StateWrite.Plain, CancellationToken.None);
        await state.SaveDefinitionAsync("acme/new", Definition(1), StateWrite.Plain, CancellationToken.None);

        // No limit; and another org of the name begins anew.
        await keys.TryLimitAsync("acme", GivenLimits.None with { Instances = 0 });
        for (var i = 0; i < Most + 1; i++)
        {
            await state.SaveDefinitionAsync($"acme/more{i}", Definition(1), StateWrite.Plain, CancellationToken.None);
        }

        foreach (var name in (await state.LoadAsync(CancellationToken.None)).Definitions.Keys)
        {
            await state.SaveDefinitionAsync(name, null, StateWrite.Plain, CancellationToken.None);
        }

        Assert.True(await keys.TryRemoveOrgAsync("acme", _time.GetUtcNow()));
        await keys.TryAddAsync(new Org("acme", _time.GetUtcNow()));
        Assert.Equal(GivenLimits.None, (await keys.UseOfAsync("acme", _time.GetUtcNow())).Given);
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Add_OfTheHostsOwnOrgAndOfAnother_IsNotCounted(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var state = new SqlStateStore(database, await StateSealing.OpenAsync(database, new(place.KeyFile)), "", _quotas);
        var keys = new KeyStore(database, _quotas);
        for (var i = 0; i <= Most; i++)
        {
            await state.SaveDefinitionAsync($"i{i}", Definition(1), StateWrite.Plain, CancellationToken.None);
            await keys.TryAddAsync(Key($"{i}") with { Org = Orgs.Default }, [(byte)i]);
        }

        await state.SaveDefinitionAsync("acme/i", Definition(1), StateWrite.Plain, CancellationToken.None);
        await keys.TryLimitAsync(Orgs.Default, GivenLimits.None with { Instances = Most + 2 });
        await state.SaveDefinitionAsync("last", Definition(1), StateWrite.Plain, CancellationToken.None);

        Assert.IsType<QuotaExceededException>(await TryAsync(() => state.SaveDefinitionAsync("next", Definition(1), StateWrite.Plain, CancellationToken.None)));
        Assert.Equal((Most + 2L, Most + 1L), (await keys.UseOfAsync(Orgs.Default, _time.GetUtcNow())) is var (_, use) ? (use.Instances, use.Keys) : default);
    }

    /// <summary>Keys that have ended make room.</summary>
    [Fact]
    public async Task Keys_RevokedOrExpired_AreNotCounted()
    {
        using var place = await StatePlace.CreateAsync(StateKind.Sqlite, shared);
        await using var database = await place.OpenAsync();
        var keys = new KeyStore(database, _quotas);
        await keys.TryAddAsync(new Org("acme", _time.GetUtcNow()));
        for (var i = 0; i < Most; i++)
        {
            await keys.TryAddAsync(Key($"{i}") with { Expires = i == 0 ? _time.GetUtcNow().AddHours(1) : null }, [(byte)i]);
        }

        Assert.IsType<QuotaExceededException>(await TryAsync(() => keys.TryAddAsync(Key("a"), [100])));
        await keys.RevokeAsync("1", _time.GetUtcNow());
        await keys.TryAddAsync(Key("a"), [100]);
        _time.Advance(TimeSpan.FromHours(1));
        await keys.TryAddAsync(Key("b"), [101]);
        Assert.IsType<QuotaExceededException>(await TryAsync(() => keys.TryAddAsync(Key("c"), [102])));
    }

    /// <summary>An id counts once, whatever its versions, and not when it was deleted.</summary>
    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Connectors_AreCountedByTheirIds(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var state = new SqlStateStore(database, await StateSealing.OpenAsync(database, new(place.KeyFile)), "", _quotas);
        Task AddAsync(string id, string version = "1.0.0") =>
            state.AddManifestAsync(new(id, version, "{}"u8.ToArray(), false), _ => { }, StateWrite.Plain, CancellationToken.None);
        var refused = new System.Collections.Concurrent.ConcurrentBag<Exception?>();

        await Task.WhenAll(Enumerable.Range(0, Most + 3).Select(async number => refused.Add(await TryAsync(() => AddAsync($"acme/c{number}")))));

        Assert.Equal(3, refused.OfType<QuotaExceededException>().Count());
        var there = (await state.LoadManifestsAsync(CancellationToken.None))[0].Id;
        await AddAsync(there, "1.1.0");
        await AddAsync("mine");
        await AddAsync("beta/c");
        await state.DeleteManifestsAsync(there, StateWrite.Plain, CancellationToken.None);
        await AddAsync("acme/another");
        Assert.IsType<QuotaExceededException>(await TryAsync(() => AddAsync("acme/one-more")));
    }

    /// <summary>Hosts keep every version in memory.</summary>
    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Manifests_OfOneIdInManyVersions_AreBoundedByTheirSize(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var state = new SqlStateStore(database, await StateSealing.OpenAsync(database, new(place.KeyFile)), "", _quotas);
        var large = new byte[16 * 1024 * 1024];
        Task AddAsync(string id, int minor) => state.AddManifestAsync(new(id, $"1.{minor}.0", large, false), _ => { }, StateWrite.Plain, CancellationToken.None);
        for (var minor = 0; minor < 4; minor++)
        {
            await AddAsync("acme/c", minor);
        }

        Assert.Equal("quota.exceeded", Assert.IsType<RegistrationException>(await TryAsync(() => AddAsync("acme/c", 4))).Code);
        await AddAsync("mine", 0);
        await AddAsync("beta/c", 0);
        await state.DeleteManifestsAsync("acme/c", StateWrite.Plain, CancellationToken.None);
        await AddAsync("acme/d", 0);
    }

    private static StoredDefinition Definition(long revision) => new(revision, "{}"u8.ToArray(), false);

    private static StoredCredential Credential() => new(1, Encoding.UTF8.GetBytes("""{"type":"bearer","token":"t","connectors":["c"],"hosts":["a.example"]}"""), false);

    private ApiKey Key(string id) => new(id, "acme", "k", Scopes.Read, _time.GetUtcNow(), null, null, null);

    private static async Task<Exception?> TryAsync(Func<Task> add) => await Record.ExceptionAsync(() => Task.Run(add));
}
