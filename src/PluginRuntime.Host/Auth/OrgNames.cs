using PluginRuntime.Diagnostics;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Auth;

/// <summary>
/// The border between what an org calls its instances and credentials and what the runtime calls them: <c>orders</c> of the org <c>acme</c> is
/// <c>acme/orders</c> inside. Those of the org <c>default</c> are called the same on both sides.
/// </summary>
internal sealed class OrgNames(string org)
{
    private const string Credential = "credential";

    private readonly string _prefix = org == Orgs.Default ? "" : org + "/";

    /// <summary>The names of those who show no key: as they are.</summary>
    internal static OrgNames OfDefault { get; } = new(Orgs.Default);

    internal string Org { get; } = org;

    /// <summary>The runtime's name. One that names an org by itself becomes what no instance is called.</summary>
    internal string Inside(string name) => name.Contains('/', StringComparison.Ordinal) ? "/" + name : _prefix + name;

    /// <summary>Whether an instance, by the runtime's name, is the org's own.</summary>
    internal bool Owns(string instance) => InstanceNames.OrgOf(instance) is { } owner ? owner == Org : Org == Orgs.Default;

    /// <summary>What the org calls something of its own; what belongs to no org is called the same everywhere.</summary>
    internal string Outside(string name) => name.StartsWith(_prefix, StringComparison.Ordinal) ? name[_prefix.Length..] : name;

    /// <summary>A sentence with the names of instances, in quotes, as the org knows them.</summary>
    internal string Text(string sentence) => _prefix.Length == 0 ? sentence : sentence.Replace($"'{_prefix}", "'", StringComparison.Ordinal);

    internal OperationSnapshot Outside(OperationSnapshot operation) =>
        operation with { Instance = Outside(operation.Instance), Detail = operation.Detail is { } detail ? Text(detail) : null };

    internal InstanceStatus Outside(InstanceStatus status) => status with
    {
        Name = Outside(status.Name),
        LastError = status.LastError is { } error ? error with { Detail = Text(error.Detail) } : null,
        Notice = status.Notice is { } notice ? Text(notice) : null,
    };

    /// <summary>What happened to no instance and no stored credential is the host's own.</summary>
    internal bool Owns(RuntimeEvent happened) => (happened.Instance ?? CredentialOf(happened)) is { } name ? Owns(name) : Org == Orgs.Default;

    internal RuntimeEvent Outside(RuntimeEvent happened) => happened with
    {
        Instance = happened.Instance is { } instance ? Outside(instance) : null,
        Detail = Text(happened.Detail),
        Data = CredentialOf(happened) is { } credential ? new Dictionary<string, string>(happened.Data) { [Credential] = Outside(credential) } : happened.Data,
    };

    private static string? CredentialOf(RuntimeEvent happened) => happened.Data.GetValueOrDefault(Credential);
}
