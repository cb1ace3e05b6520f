using System.Collections.Concurrent;

namespace PluginRuntime.Management;

/// <summary>The credentials that came over the API, as this process knows them.</summary>
internal sealed class StoredCredentials
{
    private readonly ConcurrentDictionary<string, CredentialDefinition> _all = new(StringComparer.Ordinal);

    internal IEnumerable<CredentialDefinition> All => _all.Values.OrderBy(credential => credential.Name, StringComparer.Ordinal);

    internal CredentialDefinition? Find(string name) => _all.GetValueOrDefault(name);

    /// <summary>The one of an instance's org.</summary>
    internal CredentialDefinition? Find(string instance, string name) => Find(NameFor(instance, name));

    /// <summary>What the runtime calls a credential that an instance names.</summary>
    internal static string NameFor(string instance, string name) => InstanceNames.OrgOf(instance) is { } org ? $"{org}/{name}" : name;

    /// <param name="name">The runtime's name.</param>
    /// <param name="credential">Null takes it away.</param>
    internal void Set(string name, CredentialDefinition? credential)
    {
        if (credential is null)
        {
            _all.TryRemove(name, out _);
        }
        else
        {
            _all[name] = credential;
        }
    }
}
