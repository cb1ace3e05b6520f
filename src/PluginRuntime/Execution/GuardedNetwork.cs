using PluginRuntime.Egress;
using PluginRuntime.Sdk;

namespace PluginRuntime.Execution;

/// <summary>The network of an instance that somebody defined, or whose manifest somebody registered, who does not run this host.</summary>
internal sealed class GuardedNetwork(EgressGate gate) : IConnectorNetwork
{
    public async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        try
        {
            return await gate.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false);
        }
        catch (EgressException exception)
        {
            throw new ConnectorException(ConnectorErrorKind.Input, exception.Message, wasSent: false);
        }
    }
}
