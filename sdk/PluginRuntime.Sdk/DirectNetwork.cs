using System.Net.Sockets;

namespace PluginRuntime.Sdk;

/// <summary>The network of an instance that may reach anything.</summary>
public sealed class DirectNetwork : IConnectorNetwork
{
    private DirectNetwork()
    {
    }

    /// <summary>The one there is.</summary>
    public static DirectNetwork Instance { get; } = new();

    /// <inheritdoc />
    public async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
