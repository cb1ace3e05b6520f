using System.Buffers;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>
/// A connector object of the embedding program. It lives in the program's own load context and has one life: initialised by its first
/// generation, destroyed when it is unregistered, whatever generations come and go in between.
/// </summary>
internal sealed class LocalConnector : IConnector
{
    private readonly IConnector _inner;
    private readonly SemaphoreSlim _initializing = new(1, 1);
    private readonly CancellationTokenSource _lifetime = new();
    private readonly LocalCredentials _credentials = new();
    private bool _isInitialized;

    internal LocalConnector(IConnector inner, string? id, SemanticVersion version)
    {
        _inner = inner;
        var type = inner.GetType();
        var attribute = type.GetCustomAttribute<ConnectorAttribute>();
        var chosen = id ?? attribute?.Id ?? throw new ArgumentException($"{type} has no [Connector] attribute; give an id.", nameof(inner));
        Manifest = new()
        {
            Id = chosen,
            Name = attribute?.Name ?? chosen,
            Version = version,
            Description = attribute?.Description ?? "",
            Category = attribute?.Category ?? "custom",

            // An object that says nothing of itself takes what it is given.
            Auth = attribute is null ? new(CredentialTypes.Any) : new(attribute.Auth, attribute.HeaderName),
            Actions = [.. inner.Actions.Select(Describe)],
        };
        Identity = new(chosen, version, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{type.AssemblyQualifiedName} {version}"))));
    }

    public IReadOnlyList<ConnectorAction> Actions => _inner.Actions;

    internal ConnectorManifest Manifest { get; }

    internal PackageIdentity Identity { get; }

    public async ValueTask InitializeAsync(ConnectorContext context, CancellationToken cancellationToken)
    {
        _credentials.Current = context.Credentials;
        await _initializing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_isInitialized)
            {
                await _inner.InitializeAsync(WithOwnLifetime(context), cancellationToken).ConfigureAwait(false);
                _isInitialized = true;
            }
        }
        finally
        {
            _initializing.Release();
        }
    }

    public ValueTask<object> OpenAsync(CancellationToken cancellationToken) => _inner.OpenAsync(cancellationToken);

    public ValueTask<ConnectionHealth> CheckAsync(object connection, CancellationToken cancellationToken) =>
        _inner.CheckAsync(connection, cancellationToken);

    public ValueTask CloseAsync(object connection, CancellationToken cancellationToken) => _inner.CloseAsync(connection, cancellationToken);

    public ValueTask InvokeAsync(
        object connection, string action, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken) =>
        _inner.InvokeAsync(connection, action, input, output, cancellationToken);

    // A generation ends; the object goes on.
    public ValueTask DestroyAsync(CancellationToken cancellationToken) => default;

    /// <summary>The object's own end. A second one does nothing.</summary>
    internal async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        await _initializing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_isInitialized)
            {
                _isInitialized = false;
                await _lifetime.CancelAsync().ConfigureAwait(false);
                await _inner.DestroyAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _initializing.Release();
        }
    }

    // The token of a generation would end with the first of them.
    private ConnectorContext WithOwnLifetime(ConnectorContext context) => new()
    {
        Instance = context.Instance,
        Version = context.Version,
        Manifest = context.Manifest,
        Host = context.Host,
        Port = context.Port,
        Timeout = context.Timeout,
        Settings = context.Settings,
        Credentials = _credentials,
        Logger = context.Logger,
        Lifetime = _lifetime.Token,
        TimeProvider = context.TimeProvider,
    };

    private static ManifestAction Describe(ConnectorAction action) => new()
    {
        Id = action.Id,
        Name = action.Options.Name ?? action.Id,
        Description = action.Options.Description,
        Idempotent = action.Options.Idempotent,
        Timeout = action.Options.Timeout,
        InputSchema = action.InputSchema,
        OutputSchema = action.OutputSchema,
    };
}
