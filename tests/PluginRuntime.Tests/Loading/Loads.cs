using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using System.Text;
using Microsoft.Extensions.Logging;
using PluginRuntime.Loading;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;
using PluginRuntime.Tests.Management;

namespace PluginRuntime.Tests.Loading;

/// <summary>A loader and its watch, on packages made of the built fixtures. The watch's clock moves, and collections run, by <see cref="Until"/> alone.</summary>
internal sealed class Loads : IAsyncDisposable
{
    private static int _packages;

    private readonly TaskCompletionSource<ContextFacts> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, long> _contexts = new(StringComparer.Ordinal);
    private readonly string _root = Directory.CreateTempSubdirectory("loading-").FullName;

    /// <param name="hookTimeout">The longest that a constructor or hook may take.</param>
    /// <param name="rootFinder">The program that finds out what holds a context; null for none. It gets all the time it needs.</param>
    internal Loads(TimeSpan? hookTimeout = null, string? rootFinder = null)
    {
        var options = new LoadOptions { HookTimeout = hookTimeout ?? TimeSpan.FromSeconds(60), CollectInterval = TimeSpan.FromSeconds(1) };
        Watch = new(options, new(Log.CreateLogger<UnloadSweep>()), rootFinder is null ? null : new(rootFinder, new ManualTimeProvider()), Clock, Log.CreateLogger<UnloadWatch>());
        Watch.Changed += Changes.Add;
        Watch.Changed += facts => _told.TrySetResult(facts);
        Loader = new(options, Watch, TimeProvider.System, Log.CreateLogger<ConnectorLoader>());
    }

    internal ManualTimeProvider Clock { get; } = new();

    internal RecordingLoggers Log { get; } = new();

    internal List<ContextFacts> Changes { get; } = [];

    internal UnloadWatch Watch { get; }

    internal ConnectorLoader Loader { get; }

    internal Package Fixture(string fixture, string behaviour = "", Action<string>? spoil = null) =>
        Make(FixturePackages.Built(fixture), behaviour, spoil);

    internal Package Make(string built, string behaviour = "", Action<string>? spoil = null)
    {
        var number = Interlocked.Increment(ref _packages);
        var directory = FixturePackages.Drop(built, _root, $"package-{number}", null, behaviour, spoil);
        var read = ManifestReader.Read(File.ReadAllBytes(Path.Combine(directory, "connector.json")));
        Assert.Empty(read.Errors);
        return new(new(read.Manifest!.Id, read.Manifest.Version, number.ToString("x12").PadRight(64, '0')), directory, read.Manifest);
    }

    internal async Task<ContextShare> AcquireAsync(Package package, CancellationToken cancellationToken = default)
    {
        var share = await Loader.AcquireAsync(package.Identity, package.Directory, package.Manifest, cancellationToken);
        NoteContext(package.Identity);
        return share;
    }

    /// <summary>Loads, makes an object, gives the share back; nothing of it stays on a stack.</summary>
    internal async Task ComeAndGoAsync(Package package)
    {
        await using var share = await AcquireAsync(package);
        await share.CreateAsync(CancellationToken.None);
    }

    /// <summary>Calls one action of a fresh object with a fresh connection.</summary>
    internal static async Task<string> CallAsync(
        ContextShare share, string action, string input, string settings = "{}", string? host = null, int? port = null, IConnectorCredentials? credentials = null)
    {
        var connector = await share.CreateAsync(CancellationToken.None);
        var output = new ArrayBufferWriter<byte>();
        await connector.InitializeAsync(
            new()
            {
                Instance = "test",
                Version = "1.0.0",
                Host = host,
                Port = port,
                Settings = Encoding.UTF8.GetBytes(settings),
                Credentials = credentials ?? NoCredentials.Instance,
            },
            CancellationToken.None);
        var connection = await connector.OpenAsync(CancellationToken.None);
        await connector.InvokeAsync(connection, action, Encoding.UTF8.GetBytes(input), output, CancellationToken.None);
        await connector.CloseAsync(connection, CancellationToken.None);
        await connector.DestroyAsync(CancellationToken.None);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    internal ContextFacts UntilSettled(Package package) => Until(package, facts => facts.CollectedAt is not null || facts.HeldBy is not null);

    /// <summary>
    /// Until it is gone. One that is told as held may still go, with as many collections once more: those it had came within milliseconds, and a
    /// thread that was about to leave the connector's code may have had none of them. The search for what holds it takes longer than that.
    /// </summary>
    internal async Task UntilCollectedAsync(Package package)
    {
        if (UntilSettled(package).CollectedAt is not null)
        {
            return;
        }

        var chain = _contexts.TryGetValue(package.Identity.Hash, out var context)
            ? await new RootFinder(RootFinder.Beside, TimeProvider.System).FindAsync(context, CancellationToken.None)
            : HolderChain.Unknown("its number was not noted");
        var facts = TurnUntil(package, facts => facts.CollectedAt is not null, UnloadWatch.CollectionsUntilHeld);
        Assert.True(facts?.CollectedAt is not null, $"held by {facts?.HeldBy}, {chain.Problem}{string.Join(" <- ", chain.Links)}; log: {Log}");
    }

    // Not inlined: what it looks at must not stay in a caller's frame.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NoteContext(PackageIdentity identity)
    {
        var name = $"{identity.Id} {identity.Version} {identity.Hash[..12]}";
        foreach (var context in AssemblyLoadContext.All.OfType<ConnectorLoadContext>().Where(context => context.Name == name))
        {
            _contexts[identity.Hash] = context.Number;
        }
    }

    /// <summary>Moves the clock by a second and collects, turn by turn, until what is known of the package's context is as asked.</summary>
    internal ContextFacts Until(Package package, Func<ContextFacts, bool> condition)
    {
        var latest = TurnUntil(package, condition, turns: 60);
        return latest is not null && condition(latest)
            ? latest
            : throw new TimeoutException($"It did not come to pass. Facts: {latest} Chain: {string.Join(" <- ", latest?.Chain ?? [])} Log: {Log}");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ContextFacts? TurnUntil(Package package, Func<ContextFacts, bool> condition, int turns)
    {
        for (var turn = 0; turn < turns; turn++)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            GC.Collect();
            GC.WaitForPendingFinalizers();
            if (Watch.Latest(package.Identity) is { } facts && condition(facts))
            {
                return facts;
            }
        }

        return Watch.Latest(package.Identity);
    }

    /// <summary>Lets as many collections pass as make a context count as held, and waits for what is told first.</summary>
    internal async Task<ContextFacts> UntilToldAsync()
    {
        UntilSearched();
        return await _told.Task.WaitAsync(TimeSpan.FromMinutes(5), TimeProvider.System);
    }

    /// <summary>Lets as many collections pass as make a context count as held, until what holds it is looked for.</summary>
    internal void UntilSearched()
    {
        // No collection while the search runs: each would move the heap that it reads.
        for (var turn = 0; turn < 60 && !_told.Task.IsCompleted && !HasLogged("Debug 3010"); turn++)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }

    /// <summary>Collects, on a clock that stands still, until the search that runs has ended.</summary>
    /// <returns>What was told of the context; null when the search came to nothing because it went meanwhile.</returns>
    internal ContextFacts? CollectWhileSearched()
    {
        while (!_told.Task.IsCompleted && !HasLogged("Debug 3011"))
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return _told.Task.IsCompleted ? _told.Task.Result : null;
    }

    private bool HasLogged(string start) => Log.Lines.Any(line => line.StartsWith(start, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await Watch.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    internal sealed record Package(PackageIdentity Identity, string Directory, ConnectorManifest Manifest);
}
