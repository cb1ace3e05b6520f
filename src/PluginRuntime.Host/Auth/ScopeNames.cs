namespace PluginRuntime.Host.Auth;

/// <summary>Scopes as texts, and which of them imply which.</summary>
internal static class ScopeNames
{
    private const Scopes WithinOrg = Scopes.Read | Scopes.Invoke | Scopes.Manage | Scopes.OrgAdmin;

    private static readonly (Scopes Scope, string Name)[] _names =
        [(Scopes.Read, "read"), (Scopes.Invoke, "invoke"), (Scopes.Manage, "manage"), (Scopes.OrgAdmin, "org-admin"), (Scopes.HostAdmin, "host-admin")];

    internal static string All { get; } = string.Join(", ", _names.Select(pair => pair.Name));

    internal static IReadOnlyList<string> Of(Scopes scopes) => [.. _names.Where(pair => scopes.HasFlag(pair.Scope)).Select(pair => pair.Name)];

    /// <returns><see cref="Scopes.None"/> when there is no such scope.</returns>
    internal static Scopes Read(string? name) => Array.Find(_names, pair => pair.Name == name).Scope;

    /// <summary>Whether a key with these scopes may do what needs those.</summary>
    internal static bool Allow(this Scopes held, Scopes needed)
    {
        var implied = held.HasFlag(Scopes.HostAdmin) ? WithinOrg | Scopes.HostAdmin : held.HasFlag(Scopes.OrgAdmin) ? WithinOrg : held;
        return implied.HasFlag(needed);
    }
}
