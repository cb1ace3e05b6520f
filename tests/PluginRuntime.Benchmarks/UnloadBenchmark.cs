using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Loading;
using PluginRuntime.Management;
using PluginRuntime.Tests;
using PluginRuntime.Tests.Running;
using PluginRuntime.Versioning;

namespace PluginRuntime.Benchmarks;

/// <summary>
/// Whether replaced versions leave the process, with libraries that leave things behind. A whole runtime over a drop-in folder: a
/// connection is opened, a call made, and the instance swapped to another version. Collections are asked for every second, not every ten.
/// </summary>
internal sealed class UnloadBenchmark : IAsyncDisposable
{
    private const int Swaps = 300;
    private const int Turning = 10;
    private const int Aged = 10;

    private static readonly TimeSpan _age = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(2);

    // The major version tells apart what the same fixture does.
    private static readonly Library[] _libraries =
    [
        new("npgsql", "UsesNpgsql", 1, ""),
        new("sqlite", "UsesSqlite", 1, ""),
        new("newtonsoft", "UsesNewtonsoft", 1, ""),
        new("json", "UsesFramework", 1, "json"),
        new("gauge", "UsesFramework", 2, "gauge"),
        new("timer", "UsesFramework", 3, "timer"),
    ];

    private readonly string _root = Directory.CreateTempSubdirectory("unload-").FullName;
    private readonly Report _report;
    private readonly ConnectorRuntime _runtime;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private readonly Dictionary<string, int> _collected = [];

    private UnloadBenchmark(Report report)
    {
        _report = report;
        Directory.CreateDirectory(Path.Combine(_root, "drop"));
        var options = new PluginRuntimeOptions
        {
            DataDirectory = Path.Combine(_root, "data"),
            DropDirectory = Path.Combine(_root, "drop"),
            CollectInterval = TimeSpan.FromSeconds(1),
            HeldContexts = 0,
        };
        foreach (var library in _libraries)
        {
            Drop(library);
            options.Instances[library.Name] = Config(library, $"{library.Major}.x");
        }

        _runtime = new(options, new FileStateStore(Path.Combine(_root, "data", "state")), TimeProvider.System, NullLoggerFactory.Instance);
        _runtime.Watch.Changed += Count;
    }

    internal static async Task RunAsync(Report report)
    {
        await using var server = PostgresServer.Missing is null ? await PostgresServer.StartAsync() : null;
        AppContext.SetData("uses.postgres", server is null ? null : $"Host={PostgresServer.Host};Port={server.Port};Username={PostgresServer.Guest};Database={PostgresServer.Database}");
        Console.WriteLine(server is null ? "npgsql: there is no server, connections are tried for in vain" : "npgsql: with a real server");
        await using var benchmark = new UnloadBenchmark(report);
        await benchmark._runtime.StartAsync(CancellationToken.None);
        await Task.WhenAll(_libraries.Select(benchmark.TurnAsync));
        await Task.WhenAll(_libraries.SelectMany(library => Enumerable.Range(0, Aged), benchmark.AgeAsync));
        await benchmark.SettleAsync();
        benchmark.Tell();
    }

    public async ValueTask DisposeAsync()
    {
        await _runtime.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    private static string Config(Library library, string version) =>
        $$$"""{"connector":"{{{library.Connector}}}","version":"{{{version}}}","update":"manual","pool":{"size":1},"bake":{"time":"0s"},"timeout":"60s","attemptTimeout":"60s"}""";

    /// <summary>Versions to turn round in, versions that grow old, and one to go to from them.</summary>
    private void Drop(Library library)
    {
        var built = Path.Combine(_root, library.Fixture);
        if (!Directory.Exists(built))
        {
            FixturePackages.Copy(FixturePackages.Built(library.Fixture), built);

            // Native libraries of other systems are only bytes to copy.
            foreach (var other in Directory.Exists(Path.Combine(built, "runtimes")) ? Directory.GetDirectories(Path.Combine(built, "runtimes")) : [])
            {
                if (Path.GetFileName(other) != RuntimeInformation.RuntimeIdentifier)
                {
                    Directory.Delete(other, recursive: true);
                }
            }
        }

        for (var patch = 0; patch <= Turning + Aged; patch++)
        {
            FixturePackages.Drop(built, Path.Combine(_root, "drop"), $"{library.Name}-{patch}", $"{library.Major}.0.{patch}", library.Behaviour);
        }
    }

    private async Task TurnAsync(Library library)
    {
        var started = TimeProvider.System.GetTimestamp();
        await UseAsync(library.Name);
        for (var swap = 0; swap < Swaps; swap++)
        {
            var ended = await _runtime.Swaps.Swap(library.Name, SemanticVersion.Parse($"{library.Major}.0.{swap % Turning}")).Ended;
            if (ended.Status != Management.OperationStatus.Succeeded)
            {
                throw new InvalidOperationException($"A swap of {library.Name} failed: {ended.Detail}");
            }

            await UseAsync(library.Name);
        }

        Console.WriteLine($"{library.Name}: {Swaps} swaps in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0} s");
    }

    private async Task AgeAsync(Library library, int number)
    {
        var name = $"{library.Name}-{number}";
        await PutAsync(library, name, $"={library.Major}.0.{Turning + number}");
        await UseAsync(name);
        await Task.Delay(_age, TimeProvider.System);
        await UseAsync(name);
        await PutAsync(library, name, $"={library.Major}.0.{Turning + Aged}");
        await UseAsync(name);
    }

    private async Task PutAsync(Library library, string name, string version)
    {
        var config = JsonElement.Parse(Config(library, version));
        await _runtime.Editor.PutAsync(name, config, null, mustBeNew: false, isTrusted: true, dryRun: false, CancellationToken.None);
        var status = await _runtime.ConnectAsync(name);
        if (status.Generation?.Version != version[1..])
        {
            throw new InvalidOperationException($"{name} does not run {version}: {status.LastError?.Detail}");
        }
    }

    private async Task UseAsync(string instance)
    {
        var output = new ArrayBufferWriter<byte>();
        await _runtime.InvokeAsync(instance, "use", "{}"u8.ToArray(), output);
        if (!output.WrittenSpan.SequenceEqual("1"u8))
        {
            throw new InvalidOperationException($"{instance} answers something else than 1.");
        }
    }

    /// <summary>Waits until each context is gone, or known as held.</summary>
    private async Task SettleAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (Alive().Any(facts => facts.HeldBy is null) && TimeProvider.System.GetElapsedTime(started) < _patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    private IEnumerable<ContextFacts> Alive() => _runtime.Watch.Facts().Where(facts => facts.CollectedAt is null);

    private void Count(ContextFacts facts)
    {
        lock (_lock)
        {
            if (facts.CollectedAt is not null)
            {
                _collected[Key(facts)] = _collected.GetValueOrDefault(Key(facts)) + 1;
            }
        }
    }

    private static string Key(ContextFacts facts) =>
        _libraries.First(library => library.Connector == facts.Connector && library.Major == facts.Version.Major).Name
            + (facts.UnloadRequestedAt - facts.LoadedAt >= _age ? ".aged" : "");

    private void Tell()
    {
        var alive = Alive().ToList();
        foreach (var facts in alive)
        {
            Console.WriteLine($"held: {facts.Connector} {facts.Version}: {facts.HeldBy ?? "it has not outlived enough collections to tell"}");
        }

        lock (_lock)
        {
            foreach (var (key, swaps) in _libraries.SelectMany(library => new[] { (library.Name, Swaps), ($"{library.Name}.aged", Aged) }))
            {
                var (collected, held) = (_collected.GetValueOrDefault(key), alive.Count(facts => Key(facts) == key));
                _report.Count($"{key}.swaps", swaps);
                _report.Count($"{key}.collected", collected);
                _report.Count($"{key}.held", held);
                if (swaps != collected + held)
                {
                    throw new InvalidOperationException($"{key}: {swaps} swaps, but {collected} collected and {held} held.");
                }
            }
        }
    }

    private sealed record Library(string Name, string Fixture, int Major, string Behaviour)
    {
        /// <summary>UsesNpgsql is the connector uses-npgsql.</summary>
        internal string Connector { get; } = $"uses-{Fixture["Uses".Length..].ToLowerInvariant()}";
    }
}
