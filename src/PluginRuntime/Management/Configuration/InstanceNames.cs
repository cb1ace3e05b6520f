using System.Text.RegularExpressions;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>
/// What an instance may be called: a name is part of URLs and of file names. Of an org other than the host's own, and only over the API, it is
/// <c>org/name</c>.
/// </summary>
internal static partial class InstanceNames
{
    private const char Separator = '/';

    private static readonly string[] _reserved = ["connect", "disconnect", "reconnect", "register", "import"];

    internal static ValidationError? Check(string name, bool mayHaveOrg)
    {
        var bare = mayHaveOrg && OrgOf(name) is { } org && Org().IsMatch(org) ? name[(org.Length + 1)..] : name;
        return Pattern().IsMatch(bare) && !_reserved.Contains(bare, StringComparer.OrdinalIgnoreCase)
            ? null
            : new("", "name.invalid", $"An instance's name has to be 1 to 64 of letters, digits, '.', '_' and '-', begin with a letter or digit, and be none of: {string.Join(", ", _reserved)}.");
    }

    /// <summary>The org of a name; null when it is the host's own.</summary>
    internal static string? OrgOf(string name) => name.IndexOf(Separator) is > 0 and var end ? name[..end] : null;

    /// <summary>The org whose connectors a name's instance may use.</summary>
    internal static string OwnerOf(string name) => OrgOf(name) ?? ConnectorName.HostOrg;

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,31}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Org();
}
