using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using PluginRuntime.Execution;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;
using PluginRuntime.Versioning;

namespace PluginRuntime.Sdk.Testing;

/// <summary>
/// The real runtime, in a temporary directory of its own, with the connector under test in it and one instance of that: what every check
/// works on.
/// </summary>
internal sealed partial class Bench(Subject subject, ConformanceOptions options) : IAsyncDisposable
{
    internal const string Instance = "under-test";

    /// <summary>As many connections at a time as make a connector show whether it can do with several.</summary>
    internal const int Connections = 4;

    private readonly string _root = Directory.CreateTempSubdirectory("conformance-").FullName;

    // Everything is logged: what a level would keep back may hold a secret, too.
    private readonly LoggerFactory _loggers = new([], new LoggerFilterOptions { MinLevel = LogLevel.Trace });
    private ConnectorRuntime? _runtime;

    internal Subject Subject => subject;

    internal ConformanceOptions Options => options;

    /// <summary>The manifest; null when it could not be read.</summary>
    internal ConnectorManifest? Manifest { get; private set; }

    /// <summary>The connector's files: the folder under test, or where the package was installed. Null when it could not be.</summary>
    internal string? Files { get; private set; }

    /// <summary>Whether the instance serves, as far as the checks have come.</summary>
    internal bool IsServing => _runtime is not null && Manifest is not null && Find()?.Slot.Live is not null;

    /// <summary>Texts of the connector in which a secret was found, without it.</summary>
    internal IReadOnlyList<string> SecretTexts => [.. SecretQueue.Distinct()];

    /// <summary>The actions whose examples all succeeded.</summary>
    internal HashSet<string> Working { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether the instance has a secret that can be told from other text.</summary>
    internal bool HasSecrets =>
        subject.Test.Instance["credentials"] is JsonObject credentials && credentials["type"]?.ToString() is not (null or CredentialTypes.None)
        || (subject.Test.Instance["settings"] is JsonObject settings
            && SecretSettings.In(JsonSerializer.SerializeToUtf8Bytes(settings, TestFileJson.Default.JsonObject), Manifest?.SettingsSchema).Any(secret => secret.Length >= Diagnostics.Redaction.ShortestSecret));

    /// <summary>What hooks that end things failed with.</summary>
    internal HookFailures HookFailures { get; private init; } = new();

    internal ConnectorRuntime Runtime => _runtime ?? throw new InvalidOperationException("The runtime has not been started.");

    /// <summary>The generation that serves.</summary>
    internal Generation Live => Find()?.Slot.Live ?? throw new InstanceUnavailableException(Instance, "it does not serve.");

    internal InstanceSlot Slot => Find()!.Slot;

    /// <summary>Starts the runtime with the connector in it.</summary>
    /// <returns>What is wrong with the package; empty when it was taken.</returns>
    internal async Task<IReadOnlyList<ConformanceFinding>> StartAsync(CancellationToken cancellationToken)
    {
        var drop = Path.Combine(_root, "drop");
        MakePrivate(drop);
        if (!subject.IsPackage)
        {
            Copy(subject.Path, Path.Combine(drop, "connector"));
        }

        _loggers.AddProvider(HookFailures);
        var settings = new PluginRuntimeOptions
        {
            DataDirectory = Path.Combine(_root, "data"),
            DropDirectory = drop,
            CollectInterval = TimeSpan.FromMilliseconds(100),
            HeldContexts = 0,
            KeepProcessAlive = true,
            SecretFound = SecretQueue.Enqueue,
        };
        foreach (var name in Variables())
        {
            settings.ReferenceVariables.Add(name);
        }

        settings.ReferenceDirectories.Add(Path.GetPathRoot(_root)!);
        AddSources(settings);
        _runtime = new ConnectorRuntime(settings, new FileStateStore(Path.Combine(_root, "data", "state"), null, []), TimeProvider.System, _loggers);
        await _runtime.StartAsync(cancellationToken).ConfigureAwait(false);
        return subject.IsPackage ? await InstallAsync(cancellationToken).ConfigureAwait(false) : Look();
    }

    /// <summary>Builds a generation of a configuration, checks one connection, and takes it down again.</summary>
    internal Task<TrialResult> TryAsync(JsonObject? patch, CancellationToken cancellationToken) =>
        Runtime.Trials.RunAsync(patch is null ? Instance : "unreachable", Config(patch), isTrusted: true, cancellationToken);

    /// <summary>Defines the instance, and waits until it serves or has failed to.</summary>
    /// <returns>Why it does not serve; null when it does.</returns>
    internal async Task<InstanceError?> ServeAsync(CancellationToken cancellationToken)
    {
        await Runtime.Editor.PutAsync(
            Instance, Config(null), ifRevision: null, mustBeNew: false, isTrusted: true, dryRun: false, cancellationToken).ConfigureAwait(false);
        var found = Runtime.Get(Instance);
        await found.Settled.WaitAsync(cancellationToken).ConfigureAwait(false);
        return found.Slot.Live is null ? found.LastError ?? new("instance.unavailable", found.Slot.Reason, default, []) : null;
    }

    /// <summary>Makes the calls that the test file wants made before all others.</summary>
    /// <returns>The first that failed, and how; nulls when none did.</returns>
    internal async Task<(string? Action, PluginRuntimeException? Failure)> SetUpAsync(CancellationToken cancellationToken)
    {
        foreach (var (action, input) in subject.Test.Setup)
        {
            try
            {
                await CallAsync(action, input, cancellationToken).ConfigureAwait(false);
            }
            catch (PluginRuntimeException exception)
            {
                return (action, exception);
            }
        }

        return default;
    }

    /// <summary>
    /// The connector once more, in a runtime of its own beside this one, as two versions stand side by side while a host swaps. What it logs
    /// and tells counts as this one's.
    /// </summary>
    /// <returns>Null where there is no processor for it, or no room beside the first.</returns>
    internal async Task<Bench?> TwinAsync(CancellationToken cancellationToken)
    {
        if (subject.IsPackage || Environment.ProcessorCount == 1)
        {
            return null;
        }

        var twin = new Bench(subject, options) { HookFailures = HookFailures, SecretQueue = SecretQueue };
        try
        {
            if (await twin.StartAsync(cancellationToken).ConfigureAwait(false) is [] && await twin.ServeAsync(cancellationToken).ConfigureAwait(false) is null)
            {
                await twin.SetUpAsync(cancellationToken).ConfigureAwait(false);
                return twin;
            }
        }
        catch (Exception exception) when (exception is not PluginRuntimeException)
        {
            await twin.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        catch (PluginRuntimeException)
        {
            // It goes without: the checks before have said what the connector does wrong.
        }

        await twin.DisposeAsync().ConfigureAwait(false);
        return null;
    }

    /// <summary>Calls an action as any caller would.</summary>
    /// <returns>The output, UTF-8 JSON.</returns>
    /// <exception cref="PluginRuntimeException">The call failed.</exception>
    internal Task<ReadOnlyMemory<byte>> CallAsync(string action, JsonElement input, CancellationToken cancellationToken) =>
        Runtime.Detached.InvokeAsync(
            Instance, action, JsonSerializer.SerializeToUtf8Bytes(input), new() { Timeout = options.CallTimeout }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_runtime is not null)
        {
            await _runtime.DisposeAsync().ConfigureAwait(false);
        }

        _loggers.Dispose();
        try
        {
            Directory.Delete(_root, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A connector that still writes, or has locked a directory, must not cost the report.
        }
    }

    private ConcurrentQueue<string> SecretQueue { get; init; } = [];

    private Management.Instance? Find() => Runtime.Registry.Find(Instance);

    private JsonElement Config(JsonObject? patch)
    {
        var config = new JsonObject
        {
            ["pool"] = new JsonObject { ["size"] = Connections, ["min"] = 1 },
            ["bake"] = new JsonObject { ["time"] = "0s" },
            ["health"] = new JsonObject { ["interval"] = "1h" },
            ["breaker"] = new JsonObject { ["failures"] = 1_000_000 },
            ["retry"] = new JsonObject { ["maxRetries"] = 0 },
        };
        Merge(config, subject.Test.Instance);
        config["connector"] = Manifest!.Id;
        config["version"] = $"={Manifest.Version}";
        if (patch is not null)
        {
            Merge(config, patch);
        }

        return JsonSerializer.SerializeToElement(config, TestFileJson.Default.JsonObject);
    }

    // RFC 7396.
    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject inner && target[name] is JsonObject below)
            {
                Merge(below, inner);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }

    private List<ConformanceFinding> Look()
    {
        var catalog = Runtime.Catalog;
        if (catalog.Ids.SelectMany(catalog.Find).FirstOrDefault() is { } candidate)
        {
            (Manifest, Files) = (candidate.Manifest, subject.Path);
            return [];
        }

        return Refusal(catalog) is { Count: > 0 } found
            ? found
            : [new("package.incomplete", "", $"There is no {ManifestFiles.ManifestName} in {subject.Path}. Is it the output of a project that refers to PluginRuntime.Sdk?")];
    }

    /// <summary>A host waits for a copy that is not whole, and calls a manifest wrong; whoever tests wants to know more.</summary>
    private List<ConformanceFinding> Refusal(PackageCatalog catalog)
    {
        var path = Path.Combine(subject.Path, ManifestFiles.ManifestName);
        if (!File.Exists(path))
        {
            return [];
        }

        var read = ManifestReader.Read(File.ReadAllBytes(path));
        return
        [
            .. read.Errors.Select(error => new ConformanceFinding(error.Code, error.Pointer, error.Detail)),
            .. read.Errors.Count > 0 ? [] : catalog.Problems.Select(problem => new ConformanceFinding(problem.Code, "", problem.Detail)),
            .. from file in read.Manifest?.Files ?? []
               let there = new FileInfo(Path.Combine(subject.Path, file.Path))
               where !there.Exists || there.Length != file.Size
               select new ConformanceFinding("package.incomplete", file.Path, there.Exists ? $"It has {there.Length} bytes, and {file.Size} by the manifest. Build the connector again." : "It is not there."),
        ];
    }

    private async Task<IReadOnlyList<ConformanceFinding>> InstallAsync(CancellationToken cancellationToken)
    {
        var read = ManifestReader.Read(Subject.ManifestBytes(subject.Path));
        if (read.Manifest is not { } manifest)
        {
            return [.. read.Errors.Select(error => new ConformanceFinding(error.Code, error.Pointer, error.Detail))];
        }

        var ended = await Runtime.Packages.Install(manifest.Id, VersionRange.Parse($"={manifest.Version}")).Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (ended.Status != OperationStatus.Succeeded)
        {
            return [new(ended.Code ?? "package.refused", "", ended.Detail ?? "")];
        }

        var stored = Runtime.Packages.List().Single(item => item.Package.Identity.Id == manifest.Id).Package;
        (Manifest, Files) = (stored.Manifest, stored.Directory);
        return [];
    }

    private void AddSources(PluginRuntimeOptions settings)
    {
        if (!subject.IsPackage)
        {
            return;
        }

        var own = Path.Combine(_root, "package");
        Directory.CreateDirectory(own);
        File.Copy(subject.Path, Path.Combine(own, Path.GetFileName(subject.Path)));

        // Whatever else has a connector of this name: this one is meant.
        var tested = new PackageSourceOptions { Name = "tested", Location = own };
        if (ManifestReader.Read(Subject.ManifestBytes(subject.Path)).Manifest is { } manifest)
        {
            tested.Patterns.Add(manifest.Id);
        }

        settings.Packages.Sources.Add(tested);
        foreach (var (source, index) in options.Sources.Select((source, index) => (source, index)))
        {
            settings.Packages.Sources.Add(new() { Name = $"source-{index + 1}", Location = source });
        }
    }

    private IEnumerable<string> Variables() =>
        Variable().Matches(subject.Test.Instance.ToJsonString() + subject.Test.Unreachable?.ToJsonString()).Select(match => match.Groups[1].Value).Distinct();

    private static void Copy(string from, string to)
    {
        MakePrivate(to);
        foreach (var directory in Directory.EnumerateDirectories(from).Where(directory => Path.GetFileName(directory) != "publish"))
        {
            Copy(directory, Path.Combine(to, Path.GetFileName(directory)));
        }

        foreach (var file in Directory.EnumerateFiles(from))
        {
            var copy = Path.Combine(to, Path.GetFileName(file));
            File.Copy(file, copy);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }
    }

    /// <summary>A host refuses code that others may write, whatever the user's umask makes of new files.</summary>
    private static void MakePrivate(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [GeneratedRegex(@"\$\{env:([^{}]+)\}")]
    private static partial Regex Variable();
}
