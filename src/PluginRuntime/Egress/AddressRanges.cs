using System.Net;
using System.Net.Sockets;

namespace PluginRuntime.Egress;

/// <summary>Tells addresses of the public internet from all others.</summary>
/// <remarks>The ranges are those of the IANA special-purpose address registries (RFC 6890 and its updates), multicast, and what embeds an IPv4 address.</remarks>
internal static class AddressRanges
{
    private static readonly IPNetwork[] _special4 =
    [
        .. new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
            "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        }.Select(range => IPNetwork.Parse(range)),
    ];

    // Global unicast, and what of it is not.
    private static readonly IPNetwork _global6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] _special6 = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20" }.Select(range => IPNetwork.Parse(range))];
    private static readonly IPNetwork _translated = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>Whether an address is one of the public internet.</summary>
    internal static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return !_special4.Any(range => range.Contains(address));
        }

        // A translator in the network makes an IPv4 connection of it.
        return _translated.Contains(address)
            ? IsPublic(new IPAddress(address.GetAddressBytes().AsSpan(12)))
            : address.ScopeId == 0 && _global6.Contains(address) && !_special6.Any(range => range.Contains(address));
    }
}
