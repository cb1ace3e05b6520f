using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace PluginRuntime.Credentials;

/// <summary>What a stored credential serves: connectors by their ids, and the hosts that it may be sent to.</summary>
/// <remarks>
/// Hosts are compared as what is connected to: names in ASCII, without case and without the dot of the root; addresses by their value,
/// however they are written. A name never stands for an address, nor an address for a name.
/// </remarks>
internal sealed class CredentialDestinations
{
    internal const string Accepted = "a host name, *.corp.example, an address, each with :PORT behind it where only that port is meant";

    private const string AnyBelow = "*.";

    private readonly HashSet<string> _connectors;
    private readonly List<Pattern> _hosts;

    private CredentialDestinations(HashSet<string> connectors, List<Pattern> hosts) => (_connectors, _hosts) = (connectors, hosts);

    /// <param name="connectors">Ids of connectors.</param>
    /// <param name="hosts">Of which <see cref="Normalize"/> takes each.</param>
    internal static CredentialDestinations Of(IEnumerable<string> connectors, IEnumerable<string> hosts) =>
        new(connectors.ToHashSet(StringComparer.Ordinal), [.. hosts.Select(Parse).OfType<Pattern>()]);

    /// <summary>One way to write an entry that means the same; null where it is none.</summary>
    internal static string? Normalize(string entry) => Parse(entry)?.ToString();

    internal bool Serves(string connector) => _connectors.Contains(connector);

    /// <param name="host">A name or an address, as a connection would get it.</param>
    /// <param name="port">Null where it is not known: then only entries without a port allow it.</param>
    internal bool Allows(string host, int? port) => Find(host, port, anyPort: false);

    /// <summary>Whether a host is allowed on some port.</summary>
    internal bool AllowsSomewhere(string host) => Find(host, null, anyPort: true);

    private bool Find(string host, int? port, bool anyPort) =>
        Target(host) is { } target && _hosts.Exists(pattern => (anyPort || pattern.Port is null || pattern.Port == port) && pattern.Matches(target));

    private static Pattern? Parse(string entry)
    {
        var (host, port) = Split(entry);
        if (host is null)
        {
            return null;
        }

        if (host.StartsWith(AnyBelow, StringComparison.Ordinal))
        {
            return Target(host[AnyBelow.Length..]) is { Address: null } suffix ? new(suffix, IsBelow: true, port) : null;
        }

        // 127.1 and 2130706433 are 127.0.0.1 to some and names to others.
        return Target(host) is not { } target || (target.Address is { AddressFamily: AddressFamily.InterNetwork } && target.Name != host)
            ? null
            : new(target, IsBelow: false, port);
    }

    private static (string? Host, int? Port) Split(string entry)
    {
        var end = entry.LastIndexOf(':');
        var isBare = end < 0 || (entry.IndexOf(':', StringComparison.Ordinal) != end && !entry.StartsWith('['));
        if (isBare || (entry.StartsWith('[') && entry.EndsWith(']')))
        {
            return (entry, null);
        }

        return int.TryParse(entry.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535
            ? (entry[..end], port)
            : (null, null);
    }

    private static Endpoint? Target(string host)
    {
        var bare = host.StartsWith('[') && host.EndsWith(']') ? host[1..^1] : host;
        if (IPAddress.TryParse(bare, out var address))
        {
            address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            return address.AddressFamily == AddressFamily.InterNetworkV6 && address.ScopeId != 0 ? null : new(address.ToString(), address);
        }

        if (bare != host || Uri.CheckHostName(host) != UriHostNameType.Dns)
        {
            return null;
        }

        try
        {
            var name = new IdnMapping { UseStd3AsciiRules = false }.GetAscii(host.EndsWith('.') ? host[..^1] : host).ToLowerInvariant();

            // What ends in a number is an address to some parsers.
            return name.Length > 0 && !name[(name.LastIndexOf('.') + 1)..].All(char.IsAsciiDigit) ? new(name, null) : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <param name="Name">The name, or the address as it is written in full.</param>
    /// <param name="Address">Null for a name.</param>
    private sealed record Endpoint(string Name, IPAddress? Address);

    private sealed record Pattern(Endpoint Host, bool IsBelow, int? Port)
    {
        internal bool Matches(Endpoint target) => (Host.Address, target.Address) switch
        {
            (null, null) => IsBelow ? target.Name.EndsWith("." + Host.Name, StringComparison.Ordinal) : target.Name == Host.Name,
            ({ } mine, { } theirs) => mine.Equals(theirs),
            _ => false,
        };

        public override string ToString()
        {
            var host = (IsBelow ? AnyBelow : "") + Host.Name;
            return Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}") : host;
        }
    }
}
