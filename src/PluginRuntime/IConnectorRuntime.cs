using System.Buffers;
using PluginRuntime.Health;
using PluginRuntime.Loading;
using PluginRuntime.Management;
using PluginRuntime.Manifests.Import;
using PluginRuntime.Sdk;

namespace PluginRuntime;

/// <summary>A running connector runtime: calls to instances, and what can be asked of them.</summary>
/// <remarks>All members may be used from any thread at any time.</remarks>
public interface IConnectorRuntime
{
    /// <summary>Calls an action: UTF-8 JSON in, UTF-8 JSON out.</summary>
    /// <param name="instance">The instance's name.</param>
    /// <param name="action">The id of one of its actions.</param>
    /// <param name="input">
    /// UTF-8 JSON. It must not change before the task has ended, nor after it ended by its deadline: a connector that ignores its
    /// cancellation may still read it.
    /// </param>
    /// <param name="output">Gets the UTF-8 JSON of the result; nothing when the call fails.</param>
    /// <param name="options">What the caller says of this call. Default: the instance's own limits.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PluginRuntimeException">The call failed. <see cref="PluginRuntimeException.Code"/> says how.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    ValueTask InvokeAsync(
        string instance,
        string action,
        ReadOnlyMemory<byte> input,
        IBufferWriter<byte> output,
        CallOptions? options = null,
        CancellationToken cancellationToken = default);

    /// <summary>Calls an action with .NET objects; they become JSON with camelCase names.</summary>
    /// <typeparam name="TInput">The input; a type of the calling program.</typeparam>
    /// <typeparam name="TOutput">The output; a type of the calling program.</typeparam>
    /// <param name="instance">The instance's name.</param>
    /// <param name="action">The id of one of its actions.</param>
    /// <param name="input">The input.</param>
    /// <param name="options">What the caller says of this call. Default: the instance's own limits.</param>
    /// <param name="cancellationToken">Gives the call up.</param>
    /// <exception cref="PluginRuntimeException">The call failed. <see cref="PluginRuntimeException.Code"/> says how.</exception>
    /// <exception cref="System.Text.Json.JsonException">The result does not fit <typeparamref name="TOutput"/>.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    ValueTask<TOutput> InvokeAsync<TInput, TOutput>(
        string instance, string action, TInput input, CallOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Calls several actions, a few at a time. One that fails leaves the others alone.</summary>
    /// <param name="items">The calls. Each stands under its own instance's deadline, retries and breaker.</param>
    /// <param name="options">How many at a time, and how much output. Default: 8, and 64 MiB.</param>
    /// <param name="cancellationToken">Gives up all of them.</param>
    /// <returns>What came of each, in the order of <paramref name="items"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<IReadOnlyList<BatchResult>> BatchAsync(
        IReadOnlyList<BatchItem> items, BatchOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lends a connection itself. While it is out, its version cannot be retired before the drain timeout; dispose it soon.
    /// </summary>
    /// <typeparam name="T">A type that host and connector share: one of .NET itself, or of a shared assembly.</typeparam>
    /// <exception cref="Execution.LeaseTypeException">The connections are of another type, or of one with this name from another load context.</exception>
    /// <exception cref="PluginRuntimeException">No connection can be had.</exception>
    ValueTask<ConnectionLease<T>> RentAsync<T>(string instance, CancellationToken cancellationToken = default)
        where T : class;

    /// <summary>Registers a connector object of this program as an instance, and brings it up.</summary>
    /// <param name="connector">Initialised once; destroyed when it is unregistered or the runtime ends.</param>
    /// <param name="options">Its name, version and configuration.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="InstanceExistsException">The instance's name is taken.</exception>
    /// <exception cref="ConfigInvalidException">The configuration has errors.</exception>
    /// <exception cref="PluginRuntimeException">It cannot be brought up; it is not registered then.</exception>
    Task RegisterAsync(IConnector connector, RegistrationOptions? options = null, CancellationToken cancellationToken = default);

    /// <summary>Takes away an instance that <see cref="RegisterAsync(IConnector, RegistrationOptions?, CancellationToken)"/> made, after its calls have ended.</summary>
    /// <exception cref="InstanceUnknownException">There is no such instance.</exception>
    Task UnregisterAsync(string instance, CancellationToken cancellationToken = default);

    /// <summary>Registers a connector that is a manifest: instances of it can be defined from then on. It outlives the process.</summary>
    /// <param name="manifest">UTF-8 JSON.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <returns>The connector's id.</returns>
    /// <exception cref="RegistrationException">It is refused: <c>manifest.invalid</c>, <c>connector.exists</c>, <c>version.taken</c>.</exception>
    /// <exception cref="PluginRuntimeException">It cannot be saved; nothing changed.</exception>
    Task<string> RegisterAsync(ReadOnlyMemory<byte> manifest, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes a manifest out of an OpenAPI document, and registers it as
    /// <see cref="RegisterAsync(ReadOnlyMemory{byte}, CancellationToken)"/> does. <see cref="OpenApiImport"/> makes one without registering it.
    /// </summary>
    /// <param name="document">JSON in UTF-8, OpenAPI 3.0 or 3.1.</param>
    /// <param name="options">What the manifest is to be.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <returns>The manifest that was registered, and what of the document it has not.</returns>
    /// <exception cref="RegistrationException">It is refused: <c>import.invalid</c>, <c>connector.exists</c>, <c>version.taken</c>.</exception>
    /// <exception cref="PluginRuntimeException">It cannot be saved; nothing changed.</exception>
    Task<OpenApiImportResult> ImportAsync(ReadOnlyMemory<byte> document, OpenApiImportOptions options, CancellationToken cancellationToken = default);

    /// <summary>Registers a higher version of such a connector. Instances whose range takes it are swapped to it.</summary>
    /// <param name="connector">The connector's id.</param>
    /// <param name="manifest">UTF-8 JSON.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="RegistrationException">
    /// It is refused: <c>manifest.invalid</c>, <c>connector.unknown</c>, <c>connector.builtin</c>, <c>connector.packaged</c>,
    /// <c>version.unchanged</c>, <c>version.lower</c>, <c>version.taken</c>.
    /// </exception>
    /// <exception cref="PluginRuntimeException">It cannot be saved; nothing changed.</exception>
    Task UpdateAsync(string connector, ReadOnlyMemory<byte> manifest, CancellationToken cancellationToken = default);

    /// <summary>Takes such a connector away, with all its versions; their numbers stay taken.</summary>
    /// <param name="connector">The connector's id.</param>
    /// <param name="force">Whether also where instances use it: they are left without one.</param>
    /// <param name="cancellationToken">Gives up before anything is changed.</param>
    /// <exception cref="RegistrationException">
    /// It is refused: <c>connector.unknown</c>, <c>connector.builtin</c>, <c>connector.packaged</c>, <c>connector.in-use</c>.
    /// </exception>
    /// <exception cref="PluginRuntimeException">It cannot be saved; nothing changed.</exception>
    Task UnregisterConnectorAsync(string connector, bool force = false, CancellationToken cancellationToken = default);

    /// <summary>The highest version of a connector; null when there is none of that id.</summary>
    string? GetVersion(string connector);

    /// <summary>Whether a connector was brought by a user, and does not ship with the program. False for one that is not there.</summary>
    bool IsCustom(string connector);

    /// <summary>The connectors there are, by id.</summary>
    ConnectorList List();

    /// <summary>How every instance stands, by name.</summary>
    IReadOnlyList<InstanceStatus> ListInstances();

    /// <summary>How an instance stands.</summary>
    /// <exception cref="InstanceUnknownException">There is no such instance.</exception>
    InstanceStatus GetInstance(string instance);

    /// <summary>
    /// The load contexts of a connector: those in use, those that were asked to unload and still live, then those that are gone, the latest
    /// last.
    /// </summary>
    IReadOnlyList<ContextFacts> ListContexts(string connector);

    /// <summary>
    /// Looks once more what holds the contexts of a connector that should be gone and are not. A child process reads this one's memory
    /// meanwhile, and stops nothing.
    /// </summary>
    /// <returns>What <see cref="ListContexts"/> says then.</returns>
    Task<IReadOnlyList<ContextFacts>> ExplainContextsAsync(string connector, CancellationToken cancellationToken = default);

    /// <summary>
    /// Puts an instance into service (<c>enabled: true</c>, durably) and tries at once to bring it up, also where the next try by itself
    /// would come later.
    /// </summary>
    /// <returns>How it stands after that try: <see cref="InstanceStatus.LastError"/> says why where it is not connected.</returns>
    /// <exception cref="InstanceUnknownException">There is no such instance.</exception>
    /// <exception cref="InstanceReadOnlyException">A file or the program defines it, as disabled.</exception>
    /// <exception cref="PluginRuntimeException">The wish cannot be saved; nothing changed.</exception>
    Task<InstanceStatus> ConnectAsync(string instance, CancellationToken cancellationToken = default);

    /// <summary>Does what <see cref="ConnectAsync"/> does to every instance, all at once.</summary>
    /// <returns>What came of each, by name. Only the caller's cancellation is thrown.</returns>
    Task<IReadOnlyList<ConnectionResult>> ConnectAllAsync(CancellationToken cancellationToken = default);

    /// <summary>Takes an instance out of service (<c>enabled: false</c>, durably), after its calls have ended.</summary>
    /// <returns>How it stands when they have.</returns>
    /// <exception cref="InstanceUnknownException">There is no such instance.</exception>
    /// <exception cref="InstanceReadOnlyException">A file or the program defines it, as enabled.</exception>
    /// <exception cref="PluginRuntimeException">The wish cannot be saved; nothing changed.</exception>
    Task<InstanceStatus> DisconnectAsync(string instance, CancellationToken cancellationToken = default);

    /// <summary>Does what <see cref="DisconnectAsync"/> does to every instance, all at once.</summary>
    /// <returns>What came of each, by name. Only the caller's cancellation is thrown.</returns>
    Task<IReadOnlyList<ConnectionResult>> DisconnectAllAsync(CancellationToken cancellationToken = default);

    /// <summary>Builds a new generation of an instance on the version it should run, and moves its calls there.</summary>
    /// <returns>The operation as it ended.</returns>
    /// <exception cref="InstanceUnknownException">There is no such instance.</exception>
    Task<OperationSnapshot> ReconnectAsync(string instance, CancellationToken cancellationToken = default);

    /// <summary>Does what <see cref="ReconnectAsync"/> does to every instance that is not disabled, all at once.</summary>
    /// <returns>The operations as they ended, by instance. Only the caller's cancellation is thrown.</returns>
    Task<IReadOnlyList<OperationSnapshot>> ReconnectAllAsync(CancellationToken cancellationToken = default);

    /// <summary>Checks an instance now.</summary>
    /// <exception cref="InstanceUnknownException">There is no such instance.</exception>
    Task<HealthReport> CheckHealthAsync(string instance, CancellationToken cancellationToken = default);

    /// <summary>Checks every instance now, all at once.</summary>
    /// <returns>What was found, by name.</returns>
    Task<IReadOnlyList<InstanceHealth>> CheckAllHealthAsync(CancellationToken cancellationToken = default);

    /// <summary>What the last check of an instance found.</summary>
    /// <exception cref="InstanceUnknownException">There is no such instance.</exception>
    HealthReport GetHealthStatus(string instance);

    /// <summary>Takes no more calls, lets those under way end, closes everything. The runtime cannot be used again.</summary>
    Task ShutdownAsync(CancellationToken cancellationToken = default);
}
