extern alias host;

using System.Text;
using Dapper;
using PluginRuntime.Host.State;
using PluginRuntime.Host.Tests.Running;
using PluginRuntime.Management;
using PluginRuntime.Tests.Running;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;

namespace PluginRuntime.Host.Tests.State;

/// <summary>What an older key has sealed is sealed anew, and that may end anywhere.</summary>
[Collection(PostgresShared.Name)]
public sealed class RekeyingTests(PostgresShared shared)
{
    private const int Rows = 3;
    private const string Credential = """{"hosts":["a.example"],"refreshToken":"canary-r","connectors":["c"],"type":"oauth","clientId":"i","clientSecret":"canary-s","tokenUrl":"https://a.example/"}""";

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Open_WithTheOldKeyBesideANewOne_SealsAnewAndNeedsTheOldOneNoMore(StateKind kind)
    {
        using var place = await FilledAsync(kind);
        var (old, current) = (place.KeyFile, KeyFile(place, "second"));

        await OpenAsync(place, new(current) { OldKeyFiles = [old] });

        await OpenAsync(place, new(current));
        Assert.Contains(IdOf(current), (await FailAsync(place, new(old))).Message, StringComparison.Ordinal);

        // An older one does not come back, also where it is said to be the current one.
        await OpenAsync(place, new(old) { OldKeyFiles = [current] });
        await OpenAsync(place, new(current));
    }

    /// <summary>Ended after each row, it goes on: with both keys, and with neither alone.</summary>
    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Rekeying_EndsAfterAnyRow_GoesOnAtTheNextStart(StateKind kind)
    {
        using var place = await FilledAsync(kind);
        var older = place.KeyFile;
        for (var ends = 1; ; ends++)
        {
            var current = KeyFile(place, $"key-{ends}");
            var source = new SealKeySource(current) { OldKeyFiles = [older] };
            if (!await InterruptAsync(place, source, ends))
            {
                // Every row, and the proof last.
                Assert.Equal((4 * Rows) + 2, ends);
                return;
            }

            if (ends <= 4 * Rows)
            {
                Assert.Contains(IdOf(older), (await FailAsync(place, new(current))).Message, StringComparison.Ordinal);
            }

            Assert.Contains(IdOf(current), (await FailAsync(place, new(older))).Message, StringComparison.Ordinal);
            await OpenAsync(place, source);
            await OpenAsync(place, new(current));
            older = current;
        }
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Rekeying_ToYetAnotherKeyInBetween_NeedsAllUntilItIsDone(StateKind kind)
    {
        using var place = await FilledAsync(kind);
        var (first, second, third) = (place.KeyFile, KeyFile(place, "second"), KeyFile(place, "third"));
        await InterruptAsync(place, new(second) { OldKeyFiles = [first] }, 4);

        Assert.Contains(IdOf(first), (await FailAsync(place, new(third) { OldKeyFiles = [second] })).Message, StringComparison.Ordinal);
        await OpenAsync(place, new(third) { OldKeyFiles = [second, first] });
        await OpenAsync(place, new(third));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Save_WhileAnotherHostHasGoneToAnotherKey_IsRefusedOrTakesThatKey(StateKind kind)
    {
        using var place = await FilledAsync(kind);
        var (old, current) = (place.KeyFile, KeyFile(place, "second"));
        await using var database = await place.OpenAsync();
        var alone = new SqlStateStore(database, await StateSealing.OpenAsync(database, new(old)));
        var both = new SqlStateStore(database, await StateSealing.OpenAsync(database, new(old) { OldKeyFiles = [current] }));
        await using (var other = await place.OpenAsync())
        {
            await StateSealing.OpenAsync(other, new(current) { OldKeyFiles = [old] });
        }

        var failure = await Assert.ThrowsAsync<StateException>(() => alone.SaveDefinitionAsync("i0", new(9, "{}"u8.ToArray(), false), StateWrite.Plain, CancellationToken.None));
        Assert.Contains(IdOf(current), failure.Message, StringComparison.Ordinal);
        await both.SaveDefinitionAsync("i0", new(9, "{}"u8.ToArray(), false), StateWrite.Plain, CancellationToken.None);

        var state = await new SqlStateStore(database, await StateSealing.OpenAsync(database, new(current))).LoadAsync(CancellationToken.None);
        Assert.Equal(9, state.Definitions["i0"].Revision);
    }

    [PostgresFact]
    public async Task Open_ByManyAtOnceUnderSaves_LosesNothing()
    {
        using var place = await FilledAsync(StateKind.Postgres);
        var (old, current) = (place.KeyFile, KeyFile(place, "second"));
        await using var saving = await place.OpenAsync();
        var store = new SqlStateStore(saving, await StateSealing.OpenAsync(saving, new(old) { OldKeyFiles = [current] }));
        using var stop = new CancellationTokenSource();
        var saves = Task.Run(async () =>
        {
            var revision = 0L;
            while (!stop.IsCancellationRequested)
            {
                await store.SaveDefinitionAsync("busy", new(++revision, "{}"u8.ToArray(), false), StateWrite.Plain, CancellationToken.None);
                await store.SaveCredentialAsync("c1", new(revision, Encoding.UTF8.GetBytes(Credential), false), StateWrite.Plain, CancellationToken.None);
            }

            return revision;
        });

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => OpenAsync(place, new(current) { OldKeyFiles = [old] }))));
        await stop.CancelAsync();
        var last = await saves;

        await using var again = await place.OpenAsync();
        var seal = await StateSealing.OpenAsync(again, new(current));
        var after = new SqlStateStore(again, seal);
        Assert.Equal(last, (await after.LoadAsync(CancellationToken.None)).Definitions["busy"].Revision);
        Assert.Equal(last, (await after.LoadCredentialsAsync(CancellationToken.None))["c1"].Revision);
        Assert.Empty(await KeysInAsync(again, seal.Current.Id));
    }

    /// <summary>Of a version that named no key.</summary>
    [Fact]
    public async Task Open_SealedInTheFirstFormat_IsOpenedAndSealedAnew()
    {
        using var place = await FilledAsync(StateKind.Sqlite);
        var current = KeyFile(place, "second");
        await using (var database = await place.OpenAsync())
        {
            var seal = await StateSealing.OpenAsync(database, new(place.KeyFile));
            await database.RunAsync("saved", async connection =>
            {
                foreach (var name in Enumerable.Range(0, Rows).Select(i => $"i{i}"))
                {
                    var bytes = FirstFormat.Seal(seal.Current.Secret, StateSeal.PlaceOfInstance(name), Encoding.UTF8.GetBytes($$"""{"x":"{{name}}"}"""));
                    await connection.ExecuteAsync("UPDATE instance SET config = @bytes WHERE name = @name", new { bytes, name });
                }

                var proof = FirstFormat.Seal(seal.Current.Secret, "proof", "proof"u8);
                return await connection.ExecuteAsync("UPDATE seal SET proof = @proof, keys = NULL", new { proof });
            });
        }

        await OpenAsync(place, new(place.KeyFile));
        await OpenAsync(place, new(current) { OldKeyFiles = [place.KeyFile] });
        await OpenAsync(place, new(current));
    }

    private static string KeyFile(StatePlace place, string name)
    {
        var path = Path.Combine(place.Directory, name);
        return File.Exists(path) ? path : SealKeyFile.Create(path).Source;
    }

    private static string IdOf(string keyFile) => SealKeyFile.Read(keyFile).Id;

    private async Task<StatePlace> FilledAsync(StateKind kind)
    {
        var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = await place.StoreAsync(database);
        for (var i = 0; i < Rows; i++)
        {
            await store.SaveDefinitionAsync($"i{i}", new(1, Encoding.UTF8.GetBytes($$"""{"x":"i{{i}}"}"""), false), StateWrite.Plain, CancellationToken.None);
            await store.SaveTokensAsync($"instance.i{i}", Encoding.UTF8.GetBytes($"t{i}"), StateWrite.Plain, CancellationToken.None);
            await store.SaveCredentialAsync($"c{i}", new(1, Encoding.UTF8.GetBytes(Credential), false), StateWrite.Plain, CancellationToken.None);
            await store.AuthorizationStore(TimeProvider.System).AddAsync($"s{i}", new($"c{i}", "1", "k", "http://127.0.0.1/", $"v{i}", DateTimeOffset.MaxValue));
        }

        return place;
    }

    /// <summary>Opens the state, and finds everything that was put there.</summary>
    private static async Task OpenAsync(StatePlace place, SealKeySource source)
    {
        await using var database = await place.OpenAsync();
        var store = new SqlStateStore(database, await StateSealing.OpenAsync(database, source));
        var state = await store.LoadAsync(CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, Rows).Select(i => $$"""{"x":"i{{i}}"}"""), Enumerable.Range(0, Rows).Select(i => Encoding.UTF8.GetString(state.Definitions[$"i{i}"].Config.Span)));
        Assert.Equal(Enumerable.Range(0, Rows).Select(i => $"t{i}"), Enumerable.Range(0, Rows).Select(i => Encoding.UTF8.GetString(state.Tokens[$"instance.i{i}"].Span)));
        for (var i = 0; i < Rows; i++)
        {
            // Looked at, and left where it is.
            string? verifier = null;
            await store.AuthorizationStore(TimeProvider.System).TakeAsync($"s{i}", pending => (verifier = pending.Verifier) is null);
            Assert.Equal($"v{i}", verifier);
        }

        Assert.All(
            (await store.LoadCredentialsAsync(CancellationToken.None)).Values,
            credential => Assert.Contains("\"clientSecret\":\"canary-s\"", Encoding.UTF8.GetString(credential.Json.Span), StringComparison.Ordinal));
    }

    private static async Task<SealException> FailAsync(StatePlace place, SealKeySource source)
    {
        await using var database = await place.OpenAsync();
        return await Assert.ThrowsAsync<SealException>(() => StateSealing.OpenAsync(database, source));
    }

    /// <returns>Whether there was something left to do.</returns>
    private static async Task<bool> InterruptAsync(StatePlace place, SealKeySource source, int after)
    {
        await using var database = await place.OpenAsync();
        var given = StateSeal.Open(source, isInUse: true, "it");
        var seal = await database.RunAsync("sealed", connection => StateSealing.ChooseAsync(database, connection, given));
        var done = 0;
        try
        {
            await StateRekeying.RunAsync(database, seal, () => _ = ++done == after ? throw new OperationCanceledException() : 0);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private static Task<List<string>> KeysInAsync(StateDatabase database, string but) => database.RunAsync("read", async connection =>
    {
        byte[][] all =
        [
            .. await connection.QueryAsync<byte[]>("SELECT config FROM instance"), .. await connection.QueryAsync<byte[]>("SELECT tokens FROM token"),
            .. await connection.QueryAsync<byte[]>("SELECT proof FROM seal"),
        ];
        return all.Select(bytes => StateSeal.KeyIdOf(bytes) ?? "first").Where(id => id != but).ToList();
    });
}
