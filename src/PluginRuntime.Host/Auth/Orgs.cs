using System.Text.RegularExpressions;
using PluginRuntime.Host.Problems;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Auth;

/// <summary>What an org may be called, and the one that is always there.</summary>
internal static partial class Orgs
{
    /// <summary>Whose things have no org in their names: what files define, what an embedding program has, and what there was before there were orgs.</summary>
    internal const string Default = ConnectorName.HostOrg;

    internal const string Accepted = "It has to be 1 to 32 of lower-case letters, digits and '-', and begin with a letter or digit.";

    internal static bool IsName(string? name) => name is not null && Pattern().IsMatch(name);

    /// <summary>The same for an org that does not exist and for one that a key may know nothing of.</summary>
    internal static RequestException Unknown(string name) => new("org.unknown", $"There is no org '{name}'.");

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,31}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
