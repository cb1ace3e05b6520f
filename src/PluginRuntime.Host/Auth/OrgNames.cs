using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Auth;

/// <summary>
/// The border between what an org calls its instances, credentials and connectors and what the runtime calls them: <c>orders</c> of the org <c>acme</c> is
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

    /// <summary>Whether an instance, a credential or a connector, by the runtime's name, is the org's own.</summary>
    internal bool Owns(string name) => InstanceNames.OwnerOf(name) == Org;

    /// <summary>What the org calls something of its own; what belongs to no org is called the same everywhere.</summary>
    internal string Outside(string name) => name.StartsWith(_prefix, StringComparison.Ordinal) ? name[_prefix.Length..] : name;

    /// <summary>A sentence with the names of instances, in quotes, as the org knows them.</summary>
    internal string Text(string sentence) => _prefix.Length == 0 ? sentence : sentence.Replace($"'{_prefix}", "'", StringComparison.Ordinal);

    internal OperationSnapshot Outside(OperationSnapshot operation) =>
        operation with { Instance = Outside(operation.Instance), Detail = operation.Detail is { } detail ? Text(detail) : null };

    internal InstanceStatus Outside(InstanceStatus status) => status with
    {
        Name = Outside(status.Name),
        Type = status.Type is { } connector ? Outside(connector) : null,
        Generation = status.Generation is { } generation ? generation with { Connector = Outside(generation.Connector) } : null,
        Quarantine = [.. status.Quarantine.Select(entry => entry with { Package = entry.Package with { Id = Outside(entry.Package.Id) } })],
        LastError = status.LastError is { } error ? error with { Detail = Text(error.Detail) } : null,
        Notice = status.Notice is { } notice ? Text(notice) : null,
    };

    /// <summary>What happened to no instance, no stored credential and no connector of an org is the host's own.</summary>
    internal bool Owns(RuntimeEvent happened) => Owns(happened.Instance ?? CredentialOf(happened) ?? happened.Connector ?? "");

    internal RuntimeEvent Outside(RuntimeEvent happened) => happened with
    {
        Instance = happened.Instance is { } instance ? Outside(instance) : null,
        Connector = happened.Connector is { } connector ? Outside(connector) : null,
        Detail = Text(happened.Detail),
        Data = CredentialOf(happened) is { } credential ? new Dictionary<string, string>(happened.Data) { [Credential] = Outside(credential) } : happened.Data,
    };

    internal CallEnd Outside(CallEnd end) => end with
    {
        Instance = Outside(end.Instance),
        Connector = end.Connector is { } connector ? Outside(connector) : null,
        Detail = end.Detail is { } detail ? Text(detail) : null,
    };

    private static string? CredentialOf(RuntimeEvent happened) => happened.Data.GetValueOrDefault(Credential);
}
