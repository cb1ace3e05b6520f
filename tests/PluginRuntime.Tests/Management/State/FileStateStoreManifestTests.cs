using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.State;

public sealed class FileStateStoreManifestTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("state-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task AddAndDelete_ThenReadByAnother_FindsWhatIsLeft()
    {
        using (var store = Open())
        {
            await store.AddManifestAsync(new("weather", "1.0.0-rc.1+5", "{\"one\":1}"u8.ToArray(), true), Assert.Empty, StateWrite.Plain, CancellationToken.None);
            await store.AddManifestAsync(
                new("weather", "1.1.0", "{}"u8.ToArray(), false), others => Assert.Equal("1.0.0-rc.1+5", Assert.Single(others).Version), StateWrite.Plain, CancellationToken.None);
            await store.AddManifestAsync(new("weather.two", "1.0.0", "{}"u8.ToArray(), false), Assert.Empty, StateWrite.Plain, CancellationToken.None);
            await store.AddManifestAsync(new("acme/weather", "1.0.0", "{}"u8.ToArray(), false), Assert.Empty, StateWrite.Plain, CancellationToken.None);
            await store.ShareManifestsAsync("weather", ["beta"], StateWrite.Plain, CancellationToken.None);
            await store.ShareManifestsAsync("acme/weather", ["gamma"], StateWrite.Plain, CancellationToken.None);
            await store.ShareManifestsAsync("acme/weather", ["*", "beta"], StateWrite.Plain, CancellationToken.None);
            await store.DeleteManifestsAsync("weather", StateWrite.Plain, CancellationToken.None);
        }

        using var again = Open();
        var all = await again.LoadManifestsAsync(CancellationToken.None);

        Assert.Equal(
            ["acme/weather 1.0.0 False False *,beta", "weather 1.0.0-rc.1+5 True True ", "weather 1.1.0 True False ", "weather.two 1.0.0 False False "],
            all.Select(manifest => $"{manifest.Id} {manifest.Version} {manifest.IsDeleted} {manifest.IsTrusted} {string.Join(',', manifest.SharedWith)}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Add_CheckThrows_AddsNothing()
    {
        using var store = Open();

        await Assert.ThrowsAsync<InvalidOperationException>(
            () => store.AddManifestAsync(new("weather", "1.0.0", "{}"u8.ToArray(), false), _ => throw new InvalidOperationException(), StateWrite.Plain, CancellationToken.None));

        Assert.Empty(await store.LoadManifestsAsync(CancellationToken.None));
    }

    private FileStateStore Open() => new(Path.Combine(_root, "state"));
}
