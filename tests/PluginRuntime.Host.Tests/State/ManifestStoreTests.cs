using PluginRuntime.Management;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.State;

[Collection(PostgresShared.Name)]
public sealed class ManifestStoreTests(PostgresShared shared)
{
    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task AddAndDelete_ThenReadByAnother_FindsWhatIsLeft(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using (var database = await place.OpenAsync())
        {
            var store = await place.StoreAsync(database);
            await store.AddManifestAsync(new("weather", "1.0.0", "{\"one\":1}"u8.ToArray(), true), Assert.Empty, StateWrite.Plain, CancellationToken.None);
            await store.AddManifestAsync(
                new("weather", "1.1.0", "{}"u8.ToArray(), false), others => Assert.Equal("1.0.0", Assert.Single(others).Version), StateWrite.Plain, CancellationToken.None);
            await store.AddManifestAsync(new("weather.two", "1.0.0", "{}"u8.ToArray(), false), Assert.Empty, StateWrite.Plain, CancellationToken.None);
            await Assert.ThrowsAsync<InvalidOperationException>(
                () => store.AddManifestAsync(new("other", "1.0.0", "{}"u8.ToArray(), false), _ => throw new InvalidOperationException(), StateWrite.Plain, CancellationToken.None));
            await store.AddManifestAsync(new("acme/weather", "1.0.0", "{}"u8.ToArray(), false), Assert.Empty, StateWrite.Plain, CancellationToken.None);
            await store.ShareManifestsAsync("weather", ["beta"], StateWrite.Plain, CancellationToken.None);
            await store.ShareManifestsAsync("acme/weather", ["gamma"], StateWrite.Plain, CancellationToken.None);
            await store.ShareManifestsAsync("acme/weather", ["*", "beta"], StateWrite.Plain, CancellationToken.None);
            await store.DeleteManifestsAsync("weather", StateWrite.Plain, CancellationToken.None);
        }

        await using var again = await place.OpenAsync();
        var all = await (await place.StoreAsync(again)).LoadManifestsAsync(CancellationToken.None);

        Assert.Equal(
            ["acme/weather 1.0.0 False False *,beta", "weather 1.0.0 True True ", "weather 1.1.0 True False ", "weather.two 1.0.0 False False "],
            all.Select(manifest => $"{manifest.Id} {manifest.Version} {manifest.IsDeleted} {manifest.IsTrusted} {string.Join(',', manifest.SharedWith)}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(StateKind.Sqlite)]
    [PostgresCase]
    public async Task Add_ManyAtOnce_EachSeesThoseBefore(StateKind kind)
    {
        using var place = await StatePlace.CreateAsync(kind, shared);
        await using var database = await place.OpenAsync();
        var store = await place.StoreAsync(database);
        var seen = new System.Collections.Concurrent.ConcurrentBag<int>();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(number => Task.Run(() => store.AddManifestAsync(
            new("weather", $"1.{number}.0", "{}"u8.ToArray(), true), others => seen.Add(others.Count), StateWrite.Plain, CancellationToken.None))));

        Assert.Equal(Enumerable.Range(0, 10), seen.Order());
    }
}
