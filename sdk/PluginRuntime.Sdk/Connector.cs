using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PluginRuntime.Sdk;

/// <summary>What authors derive a connector from: actions with typed input and output over one kind of connection.</summary>
/// <typeparam name="TConnection">One live client object; the host pools these and gives each to one call at a time.</typeparam>
/// <remarks>
/// JSON goes through the connector's own source-generated <see cref="JsonSerializerContext"/>: reflection-based serialization would keep
/// the connector's code in memory after it was replaced.
/// </remarks>
public abstract class Connector<TConnection> : IConnector
    where TConnection : class
{
    private readonly Dictionary<string, Func<TConnection, ReadOnlyMemory<byte>, IBufferWriter<byte>, CancellationToken, ValueTask>> _handlers = [];
    private readonly List<ConnectorAction> _actions = [];
    private readonly List<Delegate> _prepared = [];
    private readonly JsonSerializerContext? _json;
    private ConnectorContext? _context;

    // What a constructor calls here is not inlined: code in a connector's context is compiled to full optimisation right away, and a
    // constructor that runs once, with all of this in it, took most of the time that loading a version takes.

    /// <summary>Creates a connector whose actions are all declared with <see cref="RawAction"/> and that has no settings.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    protected Connector()
    {
    }

    /// <summary>Creates a connector with typed actions.</summary>
    /// <param name="json">Knows the types of all inputs, outputs and settings.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    protected Connector(JsonSerializerContext json)
    {
        ArgumentNullException.ThrowIfNull(json);
        _json = json;
    }

    /// <inheritdoc />
    public IReadOnlyList<ConnectorAction> Actions => _actions;

    /// <summary>The types of inputs, outputs and settings; null when the constructor was given none.</summary>
    public JsonSerializerContext? Json => _json;

    /// <summary>What the host said of the instance.</summary>
    /// <exception cref="InvalidOperationException">Read before <see cref="OnInitAsync"/>: the constructor has no context yet.</exception>
    protected ConnectorContext Context =>
        _context ?? throw new InvalidOperationException("The context is there from OnInitAsync on; the constructor has none.");

    ValueTask IConnector.InitializeAsync(ConnectorContext context, CancellationToken cancellationToken)
    {
        context.Json = _json;
        _context = context;
        _prepared.ForEach(Preparation.Of);
        return OnInitAsync(cancellationToken);
    }

    async ValueTask<object> IConnector.OpenAsync(CancellationToken cancellationToken) =>
        await OpenAsync(cancellationToken).ConfigureAwait(false);

    ValueTask<ConnectionHealth> IConnector.CheckAsync(object connection, CancellationToken cancellationToken) =>
        CheckAsync((TConnection)connection, cancellationToken);

    ValueTask IConnector.CloseAsync(object connection, CancellationToken cancellationToken) =>
        CloseAsync((TConnection)connection, cancellationToken);

    ValueTask IConnector.InvokeAsync(
        object connection, string action, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken) =>
        _handlers.TryGetValue(action, out var handler)
            ? handler((TConnection)connection, input, output, cancellationToken)
            : throw new ConnectorException(ConnectorErrorKind.NotFound, $"There is no action '{action}'.", wasSent: false);

    ValueTask IConnector.DestroyAsync(CancellationToken cancellationToken) => OnDestroyAsync(cancellationToken);

    /// <summary>Declares an action, from the constructor.</summary>
    /// <typeparam name="TInput">The input, known to the JsonSerializerContext.</typeparam>
    /// <typeparam name="TOutput">The output, known to the JsonSerializerContext.</typeparam>
    /// <param name="id">Unique in the connector: <c>^[a-z0-9][a-z0-9._-]{0,63}$</c>.</param>
    /// <param name="handler">Runs it.</param>
    /// <param name="options">What is said of it. Default: not idempotent, no description.</param>
    /// <exception cref="ArgumentException">The id is taken.</exception>
    /// <exception cref="InvalidOperationException">The JsonSerializerContext does not know one of the types.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    protected void Action<TInput, TOutput>(
        string id, Func<TConnection, TInput, CancellationToken, ValueTask<TOutput>> handler, ActionOptions? options = null)
    {
        var input = JsonTypes.Find<TInput>(_json);
        var output = JsonTypes.Find<TOutput>(_json);
        var action = new TypedAction<TConnection, TInput, TOutput>(input, output, handler);
        Add(new() { Id = id, Options = options ?? new(), Input = input, Output = output }, action.InvokeAsync);
        Prepare(handler);
    }

    /// <summary>
    /// Declares an action that reads and writes UTF-8 JSON itself, from the constructor, or from <see cref="OnInitAsync"/> one that
    /// <see cref="ConnectorContext.Manifest"/> lists.
    /// </summary>
    /// <param name="id">Unique in the connector: <c>^[a-z0-9][a-z0-9._-]{0,63}$</c>.</param>
    /// <param name="handler">Runs it: connection, input, output, cancellation token.</param>
    /// <param name="options">What is said of it. Default: not idempotent, no description.</param>
    /// <param name="inputSchema">JSON Schema 2020-12 of the input, as text. Default: any JSON.</param>
    /// <param name="outputSchema">JSON Schema 2020-12 of the output, as text. Default: any JSON.</param>
    /// <exception cref="ArgumentException">The id is taken.</exception>
    /// <exception cref="JsonException">A schema is no JSON.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    protected void RawAction(
        string id,
        Func<TConnection, ReadOnlyMemory<byte>, IBufferWriter<byte>, CancellationToken, ValueTask> handler,
        ActionOptions? options = null,
        string inputSchema = "{}",
        string outputSchema = "{}")
    {
        Add(new() { Id = id, Options = options ?? new(), InputSchema = Parse(inputSchema), OutputSchema = Parse(outputSchema) }, handler);
        Prepare(handler);
    }

    /// <summary>
    /// Takes back every action declared so far, from <see cref="OnInitAsync"/>: for a connector that takes its actions from
    /// <see cref="ConnectorContext.Manifest"/>, and declares them there.
    /// </summary>
    protected void ClearActions()
    {
        _handlers.Clear();
        _actions.Clear();
    }

    /// <summary>Opens one connection. Called by the pool, up to four times at once.</summary>
    protected abstract ValueTask<TConnection> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Says whether a connection can still be used. Default: it can.</summary>
    protected virtual ValueTask<ConnectionHealth> CheckAsync(TConnection connection, CancellationToken cancellationToken) =>
        new(ConnectionHealth.Healthy);

    /// <summary>Closes a connection. Default: disposes it.</summary>
    protected virtual ValueTask CloseAsync(TConnection connection, CancellationToken cancellationToken)
    {
        if (connection is IAsyncDisposable asyncDisposable)
        {
            return asyncDisposable.DisposeAsync();
        }

        (connection as IDisposable)?.Dispose();
        return default;
    }

    /// <summary>Runs once before the first connection is opened. A failure keeps this version from taking calls.</summary>
    protected virtual ValueTask OnInitAsync(CancellationToken cancellationToken) => default;

    /// <summary>Runs once after the last connection was closed: stop what was started, dispose what is held.</summary>
    protected virtual ValueTask OnDestroyAsync(CancellationToken cancellationToken) => default;

    // What the constructor declares is prepared once there is a host to call it.
    private void Prepare(Delegate handler)
    {
        if (_context is null)
        {
            _prepared.Add(handler);
        }
        else
        {
            Preparation.Of(handler);
        }
    }

    private static JsonElement Parse(string schema)
    {
        using var document = JsonDocument.Parse(schema);
        return document.RootElement.Clone();
    }

    private void Add(
        ConnectorAction action, Func<TConnection, ReadOnlyMemory<byte>, IBufferWriter<byte>, CancellationToken, ValueTask> handler)
    {
        if (!_handlers.TryAdd(action.Id, handler))
        {
            throw new ArgumentException($"The action '{action.Id}' is declared twice.");
        }

        _actions.Add(action);
    }
}
