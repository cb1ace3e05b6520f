using System.Text.RegularExpressions;

namespace PluginRuntime.Manifests;

/// <summary>
/// What the runtime calls a connector: its id, or <c>org/id</c> where an org other than the host's own registered it. Two orgs may so have
/// connectors of one id, and what one shares never takes the place of what another one has.
/// </summary>
internal static partial class ConnectorName
{
    /// <summary>The org whose connectors are called by their id alone: it has what comes in packages as well.</summary>
    internal const string HostOrg = "default";

    /// <summary>Stands for all orgs where a connector is shared.</summary>
    internal const string EveryOrg = "*";

    internal const string Accepted = "a connector's id, 1 to 64 of a-z, 0-9, '.', '_' and '-', starting with a letter or digit; or org/id for one that an org shares";

    private const char Separator = '/';

    internal static bool IsValid(string name) => Form().IsMatch(name);

    internal static string Of(string org, string id) => org == HostOrg ? id : $"{org}{Separator}{id}";

    internal static string OrgOf(string name) => name.IndexOf(Separator) is > 0 and var end ? name[..end] : HostOrg;

    internal static string IdOf(string name) => name[(name.IndexOf(Separator) + 1)..];

    /// <summary>Whether packages can be called so.</summary>
    internal static bool IsPlain(string name) => !name.Contains(Separator);

    /// <summary>The runtime's name of what somebody has written who may say <c>default/id</c> for what the host has.</summary>
    internal static string Normalize(string name) => Of(OrgOf(name), IdOf(name));

    [GeneratedRegex(@"\A(?:[a-z0-9][a-z0-9-]{0,31}/)?[a-z0-9][a-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
