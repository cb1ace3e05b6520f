using System.Buffers;

namespace PluginRuntime.Sdk;

/// <summary>
/// The whole contract between a host and a connector. Only bytes, BCL types, types of this assembly and text cross it.
/// Authors derive from <see cref="Connector{TConnection}"/>; the interface is what a host calls.
/// </summary>
/// <remarks>
/// A host creates one object per generation, calls <see cref="InitializeAsync"/> once, then the other members from many threads at a
/// time, and <see cref="DestroyAsync"/> once after the last call. Every member is called with a deadline.
/// </remarks>
public interface IConnector
{
    /// <summary>
    /// The actions this class implements. They must be those that the manifest lists; for a manifest that is given in the context, from
    /// the end of <see cref="InitializeAsync"/> on.
    /// </summary>
    IReadOnlyList<ConnectorAction> Actions { get; }

    /// <summary>Gives the connector its context and lets it prepare. A failure keeps this version from taking calls.</summary>
    ValueTask InitializeAsync(ConnectorContext context, CancellationToken cancellationToken);

    /// <summary>Opens one connection. The host pools it, and gives it to one call at a time.</summary>
    /// <exception cref="ConnectorException">The outside system cannot be reached or refuses.</exception>
    ValueTask<object> OpenAsync(CancellationToken cancellationToken);

    /// <summary>Says whether a connection that <see cref="OpenAsync"/> gave can still be used.</summary>
    ValueTask<ConnectionHealth> CheckAsync(object connection, CancellationToken cancellationToken);

    /// <summary>Closes a connection that <see cref="OpenAsync"/> gave. Called once for each, also for broken ones.</summary>
    ValueTask CloseAsync(object connection, CancellationToken cancellationToken);

    /// <summary>Runs one action: UTF-8 JSON in, UTF-8 JSON out.</summary>
    /// <param name="connection">A connection that <see cref="OpenAsync"/> gave; this call alone has it until the task ends.</param>
    /// <param name="action">The id of an action in <see cref="Actions"/>.</param>
    /// <param name="input">UTF-8 JSON that is valid against the action's input schema; undefined once the task has ended.</param>
    /// <param name="output">Takes the UTF-8 JSON of the result; not to be used once the task has ended.</param>
    /// <param name="cancellationToken">Cancelled at the deadline of the attempt, or when the caller gives up; undefined once the task has ended,
    /// since it may be the token of the next call on the connection.</param>
    /// <exception cref="ConnectorException">The action failed. Anything else that is thrown counts as a bug of the connector.</exception>
    ValueTask InvokeAsync(
        object connection, string action, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken);

    /// <summary>Ends the connector. Its connections are closed already.</summary>
    ValueTask DestroyAsync(CancellationToken cancellationToken);
}
