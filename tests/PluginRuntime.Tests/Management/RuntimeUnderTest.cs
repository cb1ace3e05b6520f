using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management;

/// <summary>A real runtime on temporary directories: real packages, real load contexts, real state files.</summary>
internal sealed class RuntimeUnderTest : IAsyncDisposable
{
    /// <summary>A bound for what must come to pass; reached only when it does not.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(60);

    private readonly bool _ownsRoot;

    private RuntimeUnderTest(string root, bool ownsRoot)
    {
        Root = root;
        _ownsRoot = ownsRoot;
        Directory.CreateDirectory(DropFolder);
        Log = new();
    }

    internal string Root { get; }

    internal string DropFolder => Path.Combine(Root, "drop");

    internal string ConfigFile => Path.Combine(Root, "connectors.json");

    internal RecordingLoggers Log { get; }

    internal ConnectorRuntime Runtime { get; private set; } = null!;

    internal static RuntimeUnderTest Create(string? root = null) =>
        new(root ?? Directory.CreateTempSubdirectory("runtime-").FullName, root is null);

    internal async Task<RuntimeUnderTest> StartAsync(
        Action<PluginRuntimeOptions>? configure = null, IStateStore? state = null, Action<ConnectorRuntime>? prepare = null, TimeProvider? clock = null)
    {
        var options = new PluginRuntimeOptions
        {
            DataDirectory = Path.Combine(Root, "data"),
            DropDirectory = DropFolder,
            ConfigFile = ConfigFile,
            CollectInterval = TimeSpan.FromMilliseconds(100),
        };
        configure?.Invoke(options);
        Runtime = new(options, state ?? new FileStateStore(Path.Combine(Root, "data", "state")), clock ?? TimeProvider.System, Log);
        prepare?.Invoke(Runtime);
        await Runtime.StartAsync(CancellationToken.None);
        return this;
    }

    /// <summary>Starts with one instance <c>p</c> of the probe.</summary>
    internal Task<RuntimeUnderTest> StartProbeAsync(string config = "{}") =>
        StartAsync(options => options.Instances["p"] = ProbeConfig(config));

    /// <summary>Creates or replaces an instance of the probe as an administrator does over the API.</summary>
    internal Task PutProbeAsync(string config = "{}", string instance = "p") =>
        Runtime.Editor.PutAsync(
            instance, JsonElement.Parse(ProbeConfig(config)), null, mustBeNew: false, isTrusted: true, dryRun: false, CancellationToken.None);

    internal static string ProbeConfig(string config = "{}")
    {
        var json = JsonNode.Parse(config)!.AsObject();
        json["connector"] ??= "probe";
        json["pool"] ??= new JsonObject { ["size"] = 4, ["min"] = 1 };
        json["bake"] ??= new JsonObject { ["time"] = "0s" };
        return json.ToJsonString();
    }

    internal async Task<JsonElement> CallAsync(string action, string input = "{}", string instance = "p", CallOptions? options = null)
    {
        var output = new System.Buffers.ArrayBufferWriter<byte>();
        await Runtime.InvokeAsync(instance, action, Encoding.UTF8.GetBytes(input), output, options);
        return JsonElement.Parse(output.WrittenSpan);
    }

    internal async Task<string> VersionAsync(string instance = "p") => (await CallAsync("who", "{}", instance)).GetProperty("version").GetString()!;

    internal InstanceStatus Status(string instance = "p") => Runtime.GetInstance(instance);

    /// <summary>Waits for a condition to come true; fails with what it saw last.</summary>
    internal async Task UntilAsync(Func<InstanceStatus, bool> condition, string instance = "p")
    {
        using var bound = new CancellationTokenSource(_patience, TimeProvider.System);
        while (!condition(Status(instance)))
        {
            if (bound.IsCancellationRequested)
            {
                throw new TimeoutException($"It did not come to pass. Status: {Status(instance)} Log: {Log}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }

    /// <summary>Waits for something outside of an instance to come true.</summary>
    internal static async Task UntilGoneAsync(Func<bool> condition)
    {
        using var bound = new CancellationTokenSource(_patience, TimeProvider.System);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, bound.Token);
        }
    }

    internal Task UntilVersionAsync(string version, string instance = "p") =>
        UntilAsync(status => status.Generation?.Version == version && status.State == ConnectionState.Connected, instance);

    public async ValueTask DisposeAsync()
    {
        await Runtime.DisposeAsync();
        if (_ownsRoot)
        {
            Directory.Delete(Root, recursive: true);
        }
    }
}

/// <summary>Keeps what was logged, for assertions and for the message of a failed test.</summary>
internal sealed class RecordingLoggers : ILoggerFactory, ILogger
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

    internal IReadOnlyList<string> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}".TrimEnd());

    public override string ToString() => string.Join(Environment.NewLine, _lines);
}
