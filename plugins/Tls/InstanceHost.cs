using System.Net;
using PluginRuntime.Sdk;

namespace PluginRuntime.Connectors.Tls;

/// <summary>The host that an instance names.</summary>
internal static class InstanceHost
{
    /// <exception cref="ConnectorException">The instance has none, or it is no host name and no IP address.</exception>
    internal static string Of(ConnectorContext context, string server)
    {
        if (string.IsNullOrEmpty(context.Host))
        {
            throw Refused($"The instance has no 'host': give the name or address of the {server}.");
        }

        return Uri.CheckHostName(context.Host) is UriHostNameType.Dns or UriHostNameType.IPv4 or UriHostNameType.IPv6
            ? context.Host
            : throw Refused("The instance's 'host' is no host name and no IP address.");
    }

    internal static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static ConnectorException Refused(string message) => new(ConnectorErrorKind.Input, message, wasSent: false);
}
