using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Host.Idempotency;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.State;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Host.Tests.State;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.Idempotency;

[Collection(PostgresShared.Name)]
public sealed class IdempotencyStoreTests(PostgresShared shared)
{
    private const string Secret = "canary-canary-canary";

    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _margin = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _tick = TimeSpan.FromMilliseconds(1);

    private readonly ManualTimeProvider _time = new();

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Claim_OnceAnswered_GivesTheAnswerForADay(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = (await place.StoreAsync(database)).IdempotencyStore(_time);
        var request = Request("a", "one");

        var (attempt, _) = await store.ClaimAsync(request, _longest);
        await Assert.ThrowsAsync<RequestInFlightException>(() => store.ClaimAsync(request, _longest));
        await store.CompleteAsync(request, attempt!, Answer());
        _time.Advance(IdempotencyStore.Kept - _tick);
        Assert.Equal(0, await store.PurgeAsync());
        var (again, answer) = await store.ClaimAsync(request, _longest);

        Assert.Null(again);
        Assert.Equal((201, Secret), (answer!.Status, Encoding.UTF8.GetString(answer.Body)));
        Assert.Equal([("Content-Type", "application/json"), ("Location", "/api/x")], answer.Headers);
        Assert.Equal("idempotency.mismatch", (await Assert.ThrowsAsync<RequestException>(() => store.ClaimAsync(Request("a", "another"), _longest))).Code);
        Assert.NotNull((await store.ClaimAsync(Request("b", "one"), _longest)).Attempt);
        _time.Advance(_tick);
        Assert.NotNull((await store.ClaimAsync(Request("a", "another"), _longest)).Attempt);
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Claim_ForgottenOrTooLarge_RunsAgainOrNever(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = (await place.StoreAsync(database)).IdempotencyStore(_time);
        var request = Request("a", "one");

        await store.ForgetAsync(request, (await store.ClaimAsync(request, _longest)).Attempt!);
        var (attempt, _) = await store.ClaimAsync(request, _longest);
        await store.CompleteAsync(request, attempt!, answer: null);

        Assert.Equal("idempotency.too-large", (await Assert.ThrowsAsync<RequestException>(() => store.ClaimAsync(request, _longest))).Code);
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Claim_ProcessIsGone_IsTakenOverAndItsAnswerDoesNotCount(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var first = (await place.StoreAsync(database, "one")).IdempotencyStore(_time);
        var restarted = (await place.StoreAsync(database, "one")).IdempotencyStore(_time);
        var other = (await place.StoreAsync(database, "two")).IdempotencyStore(_time);
        var request = Request("a", "one");
        var (lost, _) = await first.ClaimAsync(request, _longest);

        // Another host cannot know before the request has to be over.
        _time.Advance(_longest + _margin - _tick);
        await Assert.ThrowsAsync<RequestInFlightException>(() => other.ClaimAsync(request, _longest));
        Assert.Equal("idempotency.mismatch", (await Assert.ThrowsAsync<RequestException>(() => restarted.ClaimAsync(Request("a", "another"), _longest))).Code);
        var (second, _) = await restarted.ClaimAsync(request, _longest);
        Assert.NotNull(second);
        await Assert.ThrowsAsync<RequestInFlightException>(() => other.ClaimAsync(request, _longest));
        _time.Advance(_longest + _margin);
        var (third, _) = await other.ClaimAsync(request, _longest);
        Assert.NotNull(third);

        await first.CompleteAsync(request, lost!, answer: null);
        await restarted.ForgetAsync(request, second);
        await Assert.ThrowsAsync<RequestInFlightException>(() => other.ClaimAsync(request, _longest));
        await other.CompleteAsync(request, third, Answer());
        Assert.NotNull((await restarted.ClaimAsync(request, _longest)).Answer);
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Claim_ByManyAtOnce_IsGivenToOne(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var stores = new[] { (await place.StoreAsync(database, "one")).IdempotencyStore(_time), (await place.StoreAsync(database, "two")).IdempotencyStore(_time) };
        for (var round = 0; round < 10; round++)
        {
            var request = Request($"{round}", "one");

            Assert.Single(await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => IsClaimedAsync(stores[i % 2], request)))), isMine => isMine);

            // The same when all find that it was lost, or has run out.
            foreach (var later in (TimeSpan[])[_longest + _margin, IdempotencyStore.Kept])
            {
                _time.Advance(later);
                Assert.Single(await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => IsClaimedAsync(stores[i % 2], request)))), isMine => isMine);
            }
        }
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Purge_ManyRows_DeletesWhatHasRunOutInBatches(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = (await place.StoreAsync(database)).IdempotencyStore(_time);
        for (var i = 0; i <= IdempotencyStore.PurgedAtOnce; i++)
        {
            var request = Request($"{i}", "one");
            await store.CompleteAsync(request, (await store.ClaimAsync(request, _longest)).Attempt!, answer: null);
        }

        // One that may still run.
        await store.ClaimAsync(Request("long", "one"), IdempotencyStore.Kept);
        _time.Advance(IdempotencyStore.Kept);
        await store.ClaimAsync(Request("new", "one"), _longest);

        Assert.Equal(IdempotencyStore.PurgedAtOnce, await store.PurgeAsync());
        Assert.Equal(1, await store.PurgeAsync());
        Assert.Equal(0, await store.PurgeAsync());
        Assert.Equal(2, await database.RunAsync("read", connection => connection.ExecuteScalarAsync<int>("SELECT count(*) FROM idempotent_request")));
    }

    [Fact]
    public async Task Sweep_AsTimePasses_DeletesWhatHasRunOut()
    {
        using var place = await StatePlace.CreateAsync(StateKind.Sqlite, shared);
        await using var database = await place.OpenAsync();
        var store = (await place.StoreAsync(database)).IdempotencyStore(_time);
        var request = Request("a", "one");
        await store.CompleteAsync(request, (await store.ClaimAsync(request, _longest)).Attempt!, Answer());
        using var sweep = new IdempotencySweep(store, _time, NullLogger<IdempotencySweep>.Instance);
        await sweep.StartAsync(CancellationToken.None);
        await Poll.UntilAsync(() => _time.ArmedTimers == 1, () => "It does not wait.");

        _time.Advance(IdempotencyStore.Kept - IdempotencySweep.Interval);
        Assert.Equal(1, await CountAsync());
        _time.Advance(IdempotencySweep.Interval);
        await Poll.UntilAsync(async () => await CountAsync() == 0, () => "It is still there.");
        await sweep.StopAsync(CancellationToken.None);

        Task<int> CountAsync() => database.RunAsync("read", connection => connection.ExecuteScalarAsync<int>("SELECT count(*) FROM idempotent_request"));
    }

    [Fact]
    public async Task Row_HoldsNothingInPlainText()
    {
        using var place = await StatePlace.CreateAsync(StateKind.Sqlite, shared);
        await using var database = await place.OpenAsync();
        var store = (await place.StoreAsync(database)).IdempotencyStore(_time);
        var request = Request(Secret, Secret);
        await store.CompleteAsync(request, (await store.ClaimAsync(request, _longest)).Attempt!, Answer());

        var bytes = (await database.RunAsync("read", async connection =>
            (await connection.QueryAsync<(byte[] Request, byte[] Answer)>("SELECT request, answer FROM idempotent_request")).Single()));

        Assert.All([bytes.Request, bytes.Answer], part => Assert.Equal(-1, part.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret))));
        Assert.Equal(-1, bytes.Request.AsSpan().IndexOf(request.Fingerprint));

        // What is sealed for one place opens at no other.
        await database.RunAsync("saved", connection => connection.ExecuteAsync(
            "INSERT INTO idempotent_request SELECT @id, attempt, host, boot, began, until, request, ended, answer FROM idempotent_request",
            new { id = Request("other", Secret).Id }));
        var refused = await Assert.ThrowsAsync<RequestException>(() => store.ClaimAsync(Request("other", Secret), _longest));
        Assert.Equal("idempotency.too-large", refused.Code);
    }

    private static async Task<bool> IsClaimedAsync(IdempotencyStore store, IdempotentRequest request)
    {
        try
        {
            return (await store.ClaimAsync(request, _longest)).Attempt is not null;
        }
        catch (RequestInFlightException)
        {
            return false;
        }
    }

    private static IdempotentRequest Request(string key, string body) =>
        new($"admin\ndefault\n/api/x\n{key}", SHA256.HashData(Encoding.UTF8.GetBytes(body)));

    private static StoredAnswer Answer() => new(201, [("Content-Type", "application/json"), ("Location", "/api/x")], Encoding.UTF8.GetBytes(Secret));
}
