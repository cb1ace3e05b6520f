using Npgsql;
using PluginRuntime.Host.Tests.State;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Host.Tests.Running;

/// <summary>Hosts that share one database, each with a data directory of its own.</summary>
internal sealed class HostCluster : IAsyncDisposable
{
    private readonly List<HostDirectory> _directories = [];
    private readonly List<HostProgram> _hosts = [];
    private readonly List<HttpClient> _clients = [];
    private readonly Dictionary<string, string> _environment;
    private readonly string _key;

    private HostCluster(NpgsqlConnectionStringBuilder server, string keys)
    {
        (Server, Keys) = (server, keys);
        var seal = Path.Combine(keys, "seal.key");
        _key = Path.Combine(keys, "admin.key");
        File.WriteAllText(seal, Convert.ToBase64String(Enumerable.Range(0, 32).Select(i => (byte)i).ToArray()));
        File.WriteAllText(_key, new string('a', 40));
        foreach (var file in (string[])[seal, _key])
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead);
        }

        _environment = new()
        {
            ["PLUGINRUNTIME_SEAL_KEY_FILE"] = seal,
            ["PLUGINRUNTIME_ADMIN_KEY_FILE"] = _key,
            ["PluginRuntime__State__ConnectionString"] = server.ConnectionString,
        };
    }

    public NpgsqlConnectionStringBuilder Server { get; }

    private string Keys { get; }

    public IReadOnlyList<HttpClient> Clients => _clients;

    public IReadOnlyList<HostProgram> Hosts => _hosts;

    public IReadOnlyList<HostDirectory> Directories => _directories;

    /// <param name="server">Where the database is made.</param>
    /// <param name="hosts">How many.</param>
    /// <param name="prepare">Gets each directory before its host is started.</param>
    /// <param name="settings">Further environment variables.</param>
    public static async Task<HostCluster> StartAsync(
        PostgresServer server, int hosts, Action<HostDirectory>? prepare = null, params (string Name, string Value)[] settings)
    {
        var cluster = new HostCluster(await StatePlace.DatabaseAsync(server), Directory.CreateTempSubdirectory("cluster-").FullName);
        foreach (var (name, value) in settings)
        {
            cluster._environment[name] = value;
        }

        for (var i = 0; i < hosts; i++)
        {
            var directory = new HostDirectory().WithDrop();
            prepare?.Invoke(directory);
            cluster._directories.Add(directory);
        }

        // At once, as they are when a machine room comes back.
        var starting = cluster._directories.ConvertAll(directory => HostProgram.StartAsync(directory, cluster._environment));
        await ((Task)Task.WhenAll(starting)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cluster._hosts.AddRange(starting.Where(start => start.IsCompletedSuccessfully).Select(start => start.Result));
        if (starting.Find(start => !start.IsCompletedSuccessfully) is { } failed)
        {
            await cluster.DisposeAsync();
            await failed;
        }

        cluster._clients.AddRange(cluster._hosts.Select(cluster.ClientOf));
        return cluster;
    }

    /// <summary>Starts a host again that was killed.</summary>
    public async Task RestartAsync(int index)
    {
        _hosts[index].Dispose();
        _clients[index].Dispose();
        _hosts[index] = await HostProgram.StartAsync(_directories[index], _environment);
        _clients[index] = ClientOf(_hosts[index]);
    }

    /// <summary>Waits until every host that runs answers as asked.</summary>
    public Task EverywhereAsync(Func<HttpClient, Task<bool>> isTrue, Func<string> otherwise) => Poll.UntilAsync(
        async () => Array.TrueForAll(await Task.WhenAll(_clients.Where((_, i) => !_hosts[i].HasExited).Select(isTrue)), answer => answer), otherwise);

    public Task EverywhereAsync(Func<HttpClient, Task<bool>> isTrue, string otherwise) => EverywhereAsync(isTrue, () => otherwise);

    public ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        _hosts.ForEach(host => host.Dispose());
        _directories.ForEach(directory => directory.Dispose());
        Directory.Delete(Keys, recursive: true);
        return ValueTask.CompletedTask;
    }

    private HttpClient ClientOf(HostProgram host)
    {
        var client = new HttpClient { BaseAddress = host.Url };
        client.DefaultRequestHeaders.Authorization = new("Bearer", File.ReadAllText(_key));
        return client;
    }
}
