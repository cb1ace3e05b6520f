using System.Text.Json;
using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>
/// The watched file of instances: <c>{"instances": {name: configuration}, "credentials": {name: credential}}</c>. A file that cannot be used keeps the last good one; one
/// instance with errors does not touch the others.
/// </summary>
internal sealed class ConnectorsFile : IAsyncDisposable
{
    private static readonly TimeSpan _pollInterval = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly Action<ConnectorsDocument> _apply;
    private readonly ILogger _logger;
    private readonly EventTrail _events;
    private readonly ITimer _timer;
    private readonly Lock _reading = new();

    // Guarded by _reading.
    private FileStat? _stamp;

    internal ConnectorsFile(string path, Action<ConnectorsDocument> apply, TimeProvider timeProvider, ILogger logger, EventTrail events)
    {
        _events = events;
        _path = path;
        _apply = apply;
        _logger = logger;
        _timer = timeProvider.CreateTimer(static state => ((ConnectorsFile)state!).Look(), this, Timeout.InfiniteTimeSpan, _pollInterval);
    }

    /// <summary>What is wrong with the file as a whole; null when it was read or is not there.</summary>
    internal InstanceError? Error { get; private set; }

    /// <summary>Reads the file, and again whenever it changes.</summary>
    internal void Start()
    {
        Look();
        _timer.Change(_pollInterval, _pollInterval);
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    /// <summary>Reads what the file says.</summary>
    /// <returns>The document; or null and what is wrong with it.</returns>
    internal static (ConnectorsDocument? Document, string? Problem) Read(ReadOnlyMemory<byte> utf8, DefinitionOrigin origin)
    {
        var errors = new List<ValidationError>();
        using var document = StrictJson.Parse(utf8, StrictJsonCodes.Instance, errors);
        if (document is null)
        {
            return (null, string.Join(" ", errors.Select(error => $"{error.Pointer} {error.Detail}".Trim())));
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return (null, "It has to be an object with the key 'instances'.");
        }

        var root = new ConfigObject(document.RootElement, "", coerce: false, errors);
        var instances = root.Raw("instances");
        var credentials = root.Raw("credentials");
        root.Finish();
        if (errors.Count > 0)
        {
            return (null, string.Join(" ", errors.Select(error => $"{error.Pointer}: {error.Detail}")));
        }

        return (
            new(
                instances is null
                    ? []
                    : [.. instances.Value.EnumerateObject().Select(property => InstanceDefinition.Read(property.Name, origin, property.Value))],
                NamedCredentials.FromJson(credentials)),
            null);
    }

    private void Look()
    {
        var before = Error;
        Read();
        if (Error?.Detail != before?.Detail)
        {
            _events.ConfigFile(_path, Error);
        }
    }

    private void Read()
    {
        lock (_reading)
        {
            try
            {
                // What a link leads to: in a mounted ConfigMap the file is a link that never changes itself.
                var stamp = FileStat.Read(_path, followLinks: true);
                if (stamp == _stamp)
                {
                    return;
                }

                if (stamp is null)
                {
                    // A file that was there and is not cannot be told from one that is being replaced: what it defined stays.
                    Refuse("It is no longer there.");
                    _stamp = stamp;
                    return;
                }

                var (found, problem) = Read(File.ReadAllBytes(_path), DefinitionOrigin.File);
                _stamp = stamp;
                if (found is null)
                {
                    Refuse(problem!);
                    return;
                }

                Error = null;
                _apply(found);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Refuse(exception.Message);
            }
        }
    }

    private void Refuse(string detail)
    {
        if (Error?.Detail != detail)
        {
            _logger.FileBroken(_path, detail);
        }

        Error = new("file.broken", detail, default, []);
    }
}

/// <summary>What the file of instances says.</summary>
/// <param name="Definitions">The instances.</param>
/// <param name="Credentials">The credentials that instances may name, UTF-8 JSON.</param>
internal sealed record ConnectorsDocument(
    IReadOnlyList<InstanceDefinition> Definitions, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Credentials);
