extern alias host;

using PluginRuntime.Host.State;
using PluginRuntime.Management;
using StateDatabase = host::PluginRuntime.Host.State.StateDatabase;

namespace PluginRuntime.Host.Tests.State;

public sealed class ManifestStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("state-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AddAndDelete_ThenReadByAnother_FindsWhatIsLeft()
    {
        using (var database = Open())
        {
            var store = Store(database);
            await store.AddManifestAsync(new("weather", "1.0.0", "{\"one\":1}"u8.ToArray()), Assert.Empty, CancellationToken.None);
            await store.AddManifestAsync(
                new("weather", "1.1.0", "{}"u8.ToArray()), others => Assert.Equal("1.0.0", Assert.Single(others).Version), CancellationToken.None);
            await store.AddManifestAsync(new("weather.two", "1.0.0", "{}"u8.ToArray()), Assert.Empty, CancellationToken.None);
            await Assert.ThrowsAsync<InvalidOperationException>(
                () => store.AddManifestAsync(new("other", "1.0.0", "{}"u8.ToArray()), _ => throw new InvalidOperationException(), CancellationToken.None));
            await store.DeleteManifestsAsync("weather", CancellationToken.None);
        }

        using var again = Open();
        var all = await Store(again).LoadManifestsAsync(CancellationToken.None);

        Assert.Equal(
            ["weather 1.0.0 True", "weather 1.1.0 True", "weather.two 1.0.0 False"],
            all.Select(manifest => $"{manifest.Id} {manifest.Version} {manifest.IsDeleted}").Order());
    }

    private SqliteStateStore Store(StateDatabase database) => new(database, StateSealing.Open(database, Path.Combine(_directory, "seal.key")));

    private StateDatabase Open() => StateDatabase.Open(Path.Combine(_directory, "state.db"));
}
