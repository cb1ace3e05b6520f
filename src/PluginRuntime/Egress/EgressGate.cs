using System.Net;
using System.Net.Sockets;

namespace PluginRuntime.Egress;

/// <summary>Opens TCP connections within the policy: the address that was checked is the one that is connected to.</summary>
/// <param name="policy">Where they may go.</param>
/// <param name="resolve">Finds the addresses of a name; null asks the system.</param>
internal sealed class EgressGate(EgressPolicy policy, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve = resolve ?? Dns.GetHostAddressesAsync;

    /// <summary>The addresses of a host that connections may go to; at least one.</summary>
    /// <exception cref="EgressException">None of them is allowed.</exception>
    /// <exception cref="SocketException">The name leads nowhere.</exception>
    internal async Task<IReadOnlyList<IPAddress>> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        var bare = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        var found = IPAddress.TryParse(bare, out var literal) ? [literal] : await _resolve(bare, cancellationToken).ConfigureAwait(false);
        var allowed = found.Where(address => policy.Allows(bare, address)).ToList();
        return allowed.Count > 0 || found.Length == 0 ? allowed : throw new EgressException(host);
    }

    /// <summary>Connects to the first address that answers.</summary>
    /// <exception cref="EgressException">None of the host's addresses is allowed.</exception>
    /// <exception cref="SocketException">None of them answers.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal async ValueTask<Stream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        SocketException last = new((int)SocketError.HostNotFound);
        foreach (var address in await ResolveAsync(host, cancellationToken).ConfigureAwait(false))
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address, port, cancellationToken).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException exception)
            {
                socket.Dispose();
                last = exception;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw last;
    }
}
