using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace PluginRuntime.Egress;

/// <summary>Where connections may go that somebody asked for who does not run this host: to the public internet, and to what is allowed besides.</summary>
/// <remarks>What counts is the address that is connected to, after name resolution: a name says nothing about where it leads.</remarks>
internal sealed class EgressPolicy
{
    private const string AnyBelow = "*.";

    private readonly List<string> _names = [];
    private readonly List<string> _suffixes = [];
    private readonly List<IPNetwork> _ranges = [];

    private EgressPolicy(bool allowsAll) => AllowsAll = allowsAll;

    /// <summary>Everything is allowed.</summary>
    internal static EgressPolicy Open { get; } = new(allowsAll: true);

    internal bool AllowsAll { get; }

    /// <summary>Reads what is allowed besides the public internet.</summary>
    /// <param name="allowed">Host names, <c>*.corp.example</c>, addresses, ranges as <c>10.1.0.0/16</c>.</param>
    /// <param name="policy">Null where an entry is none of these.</param>
    /// <param name="error">What is wrong with it.</param>
    internal static bool TryCreate(IEnumerable<string> allowed, [NotNullWhen(true)] out EgressPolicy? policy, [NotNullWhen(false)] out string? error)
    {
        var made = new EgressPolicy(allowsAll: false);
        foreach (var entry in allowed)
        {
            if (IPNetwork.TryParse(entry, out var range))
            {
                made._ranges.Add(range);
            }
            else if (IPAddress.TryParse(entry, out var address))
            {
                made._ranges.Add(new(address, address.GetAddressBytes().Length * 8));
            }
            else if (entry.StartsWith(AnyBelow, StringComparison.Ordinal) && Normalize(entry[AnyBelow.Length..]) is { } suffix)
            {
                made._suffixes.Add($".{suffix}");
            }
            else if (Normalize(entry) is { } name)
            {
                made._names.Add(name);
            }
            else
            {
                (policy, error) = (null, $"'{entry}' is no host name, no address and no range.");
                return false;
            }
        }

        (policy, error) = (made, null);
        return true;
    }

    /// <summary>What <see cref="TryCreate"/> makes of entries that are all right.</summary>
    /// <exception cref="ArgumentException">One is not.</exception>
    internal static EgressPolicy Of(IEnumerable<string> allowed) => TryCreate(allowed, out var policy, out var error) ? policy : throw new ArgumentException(error, nameof(allowed));

    /// <summary>Whether a connection may go to one of the addresses that a name led to.</summary>
    /// <param name="host">The name, or the address as it was written.</param>
    /// <param name="address">Where the connection would go.</param>
    internal bool Allows(string host, IPAddress address) =>
        AllowsAll || AddressRanges.IsPublic(address) || IsNamed(host) || _ranges.Exists(range => range.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));

    private bool IsNamed(string host) =>
        !IPAddress.TryParse(host, out _) && Normalize(host) is { } name && (_names.Contains(name) || _suffixes.Exists(suffix => name.EndsWith(suffix, StringComparison.Ordinal)));

    // As DNS compares them: in ASCII, without case, and without the dot of the root.
    private static string? Normalize(string name)
    {
        if (Uri.CheckHostName(name) != UriHostNameType.Dns)
        {
            return null;
        }

        try
        {
            return new IdnMapping().GetAscii(name.TrimEnd('.')).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
