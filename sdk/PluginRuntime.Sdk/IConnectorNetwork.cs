using System.Net.Sockets;

namespace PluginRuntime.Sdk;

/// <summary>Opens connections to outside systems, within what the host allows this instance to reach.</summary>
/// <remarks>A connector that lets its users say where it connects should open its connections here: the host checks the address that a name leads to, and connects to that.</remarks>
public interface IConnectorNetwork
{
    /// <summary>Opens a TCP connection. The caller disposes of it.</summary>
    /// <param name="host">A name or an address.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ConnectorException">The host does not allow it; kind <see cref="ConnectorErrorKind.Input"/>, nothing was sent.</exception>
    /// <exception cref="SocketException">The name leads nowhere, or nobody answers there.</exception>
    ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken);
}
