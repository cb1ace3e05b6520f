using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting;

namespace PluginRuntime.Host.Settings;

/// <summary>
/// Reads where the host listens (<c>urls</c>, ports, <c>Kestrel:Endpoints</c>) and what follows from it: keys do not travel in plain text unless
/// <c>AllowPlainHttp</c> says so, and requests are answered that name the host as it is called (<c>AllowedHosts</c>).
/// </summary>
internal sealed class ListenSettings(IConfiguration configuration, IConfigurationSection section, List<string> errors)
{
    internal static readonly string[] Keys = ["AllowPlainHttp", HostsKey];

    internal const string HostsKey = "AllowedHosts";

    private const string Every = "*";

    private static readonly string[] _ofThisMachine = ["localhost", "127.0.0.1", "[::1]"];
    private static readonly string[] _wildcards = [Every, "+", "0.0.0.0", "[::]"];

    /// <returns>The names by which requests may call the host; <c>*</c> among them for any.</returns>
    internal IReadOnlyList<string> Read()
    {
        var allowsPlain = AllowsPlainHttp();
        var names = new List<string>(_ofThisMachine);
        foreach (var (key, url) in Addresses())
        {
            if (Parse(url) is not { } address)
            {
                errors.Add($"{key}: '{url}' is no address to listen on; accepted is http://HOST:PORT, several separated by semicolons.");
                continue;
            }

            if (IsLocal(address))
            {
                continue;
            }

            if (!_wildcards.Contains(address.Host))
            {
                names.Add(address.Host);
            }

            if (!allowsPlain && address.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase))
            {
                errors.Add(
                    $"{key}: '{url}' is reached from other machines, and keys would come to it in plain text: listen on https:// or on a loopback address, or give --allow-plain-http (PluginRuntime:AllowPlainHttp) where something in front of the host ends TLS.");
            }
        }

        var given = ReferenceLists.Hosts(section, errors);
        return given.Count > 0 ? given : names;
    }

    /// <summary>What the web server would listen on, in its own order of precedence; none for the default.</summary>
    private IEnumerable<(string Key, string Url)> Addresses()
    {
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren().ToList();
        if (endpoints.Count > 0 && configuration[WebHostDefaults.PreferHostingUrlsKey] is not ("1" or ['t' or 'T', ..]))
        {
            // One without an address is the web server's to refuse.
            return endpoints.Where(endpoint => !string.IsNullOrEmpty(endpoint["Url"])).Select(endpoint => ($"{endpoint.Path}:Url", endpoint["Url"]!));
        }

        return configuration[WebHostDefaults.ServerUrlsKey] is { Length: > 0 } urls
            ? Split(urls).Select(url => (WebHostDefaults.ServerUrlsKey, url))
            : OfPorts(WebHostDefaults.HttpPortsKey, "http").Concat(OfPorts(WebHostDefaults.HttpsPortsKey, "https"));
    }

    private IEnumerable<(string Key, string Url)> OfPorts(string key, string scheme) =>
        Split(configuration[key] ?? "").Select(port => (key, string.Create(CultureInfo.InvariantCulture, $"{scheme}://*:{port}")));

    private static string[] Split(string list) => list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>What the web server would refuse only after the instances were started is null.</summary>
    private static BindingAddress? Parse(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return address.PathBase.Length == 0
                && (address.Scheme.Equals("http", StringComparison.OrdinalIgnoreCase) || address.Scheme.Equals("https", StringComparison.OrdinalIgnoreCase))
                    ? address
                    : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    // A name other than localhost is listened on at every address.
    private static bool IsLocal(BindingAddress address) =>
        address.IsUnixPipe || address.IsNamedPipe || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));

    private bool AllowsPlainHttp()
    {
        if (section["AllowPlainHttp"] is not { } value)
        {
            return false;
        }

        if (!bool.TryParse(value, out var flag))
        {
            errors.Add($"{section.Path}:AllowPlainHttp: It has to be true or false.");
        }

        return flag;
    }
}
