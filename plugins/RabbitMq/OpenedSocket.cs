using System.Net;
using System.Net.Sockets;
using RabbitMQ.Client;

namespace PluginRuntime.Connectors.RabbitMq;

/// <summary>A connection that the host opened, as what RabbitMQ.Client opens connections with.</summary>
internal sealed class OpenedSocket(NetworkStream stream) : ITcpClient
{
    public bool Connected => Client.Connected;

    public TimeSpan ReceiveTimeout
    {
        get => TimeSpan.FromMilliseconds(Client.ReceiveTimeout);
        set => Client.ReceiveTimeout = (int)value.TotalMilliseconds;
    }

    public Socket Client => stream.Socket;

    public Task ConnectAsync(IPAddress host, int port, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public NetworkStream GetStream() => stream;

    public void Close() => stream.Dispose();

    public void Dispose() => Close();
}
