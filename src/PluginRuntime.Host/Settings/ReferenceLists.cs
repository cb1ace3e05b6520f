using System.Buffers;
using PluginRuntime.Egress;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Settings;

/// <summary>Reads the lists of what is allowed to those who use the API: <c>References:Env</c>, <c>References:Files</c>, <c>Egress:Allow</c>,
/// <c>OAuth:RedirectUris</c> and <c>AllowedHosts</c>.</summary>
internal static class ReferenceLists
{
    private static readonly SearchValues<char> _pattern = SearchValues.Create("{}=*? ");

    internal static IReadOnlyList<string> Variables(IConfigurationSection root, List<string> errors)
    {
        var names = Items(root.GetSection("References:Env"), errors);
        errors.AddRange(names.Where(pair => pair.Value.AsSpan().ContainsAny(_pattern))
            .Select(pair => $"{pair.Path}: It has to be the name of one environment variable; there are no patterns."));
        return [.. names.Select(pair => pair.Value)];
    }

    /// <summary>Where connections may go besides the public internet.</summary>
    internal static IReadOnlyList<string> Egress(IConfigurationSection root, List<string> errors)
    {
        var entries = Items(root.GetSection("Egress:Allow"), errors);
        errors.AddRange(entries.Where(pair => !EgressPolicy.TryCreate([pair.Value], out _, out _))
            .Select(pair => $"{pair.Path}: It has to be a host name, *.DOMAIN, an address, or a range as 10.1.0.0/16."));
        return [.. entries.Select(pair => pair.Value)];
    }

    /// <summary>Where authorization codes may be sent to besides this machine.</summary>
    internal static IReadOnlyList<string> Redirects(IConfigurationSection root, List<string> errors)
    {
        var entries = Items(root.GetSection("OAuth:RedirectUris"), errors);
        errors.AddRange(entries.Where(pair => !Authorizations.RedirectUris.IsListable(pair.Value))
            .Select(pair => $"{pair.Path}: It has to be an absolute URL with https, or with http on loopback, without a fragment."));
        return [.. entries.Select(pair => pair.Value)];
    }

    /// <summary>What requests may call the host; IPv6 addresses in brackets, names as they travel.</summary>
    internal static IReadOnlyList<string> Hosts(IConfigurationSection root, List<string> errors)
    {
        var hosts = new List<string>();
        foreach (var (path, value) in Items(root.GetSection(ListenSettings.HostsKey), errors))
        {
            var isSuffix = value.StartsWith("*.", StringComparison.Ordinal);
            switch (value == "*" ? UriHostNameType.Basic : Uri.CheckHostName(isSuffix ? value[2..] : value))
            {
                case UriHostNameType.IPv6 when !isSuffix:
                    hosts.Add($"[{value.Trim('[', ']')}]");
                    break;
                case UriHostNameType.Basic:
                    hosts.Add(value);
                    break;
                case UriHostNameType.Dns:
                case UriHostNameType.IPv4 when !isSuffix:
                    hosts.Add(new HostString(value).ToUriComponent());
                    break;
                default:
                    errors.Add($"{path}: It has to be a host name or address without a port, *.DOMAIN, or * for any.");
                    break;
            }
        }

        return hosts;
    }

    /// <param name="root">The host's settings.</param>
    /// <param name="data">The data directory: nothing in it may be read by a reference.</param>
    /// <param name="workingDirectory">Where relative paths begin.</param>
    /// <param name="errors">Gets what is wrong.</param>
    internal static IReadOnlyList<string> Directories(IConfigurationSection root, string data, string workingDirectory, List<string> errors)
    {
        var directories = new List<string>();
        foreach (var (path, value) in Items(root.GetSection("References:Files"), errors))
        {
            try
            {
                var directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(value, workingDirectory));
                if (!Directory.Exists(directory))
                {
                    errors.Add($"{path}: There is no directory {directory}.");
                }
                else if (Meet(RealPath.Of(directory), RealPath.Of(data)))
                {
                    errors.Add($"{path}: {directory} and the data directory lie in one another; the host's own keys would be readable.");
                }

                directories.Add(directory);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
            {
                errors.Add($"{path}: It has to be a directory: {exception.Message}");
            }
        }

        return directories;
    }

    private static bool Meet(string left, string right) => left == right || RealPath.IsBelow(left, right) || RealPath.IsBelow(right, left);

    private static List<(string Path, string Value)> Items(IConfigurationSection list, List<string> errors)
    {
        if (!string.IsNullOrEmpty(list.Value))
        {
            errors.Add($"{list.Path}: It has to be a list.");
        }

        var items = new List<(string Path, string Value)>();
        foreach (var child in list.GetChildren())
        {
            if (string.IsNullOrWhiteSpace(child.Value))
            {
                errors.Add($"{child.Path}: It has to be a text.");
            }
            else
            {
                items.Add((child.Path, child.Value));
            }
        }

        return items;
    }
}
