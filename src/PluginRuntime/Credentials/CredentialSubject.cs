namespace PluginRuntime.Credentials;

/// <summary>Whose credential it is.</summary>
/// <param name="Key">Names it among all credentials: its tokens are shared and kept under it. Letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</param>
/// <param name="Instance">The instance; null for one that several share by its name.</param>
/// <param name="Name">How sentences call it.</param>
internal sealed record CredentialSubject(string Key, string? Instance, string Name)
{
    /// <summary>The runtime's name of a stored one; null for others.</summary>
    internal string? StoredName { get; private init; }

    internal static CredentialSubject OfInstance(string instance) => new($"instance.{instance}", instance, $"The credential of '{instance}'");

    internal static CredentialSubject Named(string name) => new($"credential.{name}", null, $"The credential '{name}'");

    /// <summary>A credential that came over the API.</summary>
    /// <param name="name">The runtime's name of it: <c>org/name</c>, or the name alone for the host's own.</param>
    internal static CredentialSubject Stored(string name) => new($"stored.{name}", null, $"The credential '{name}'") { StoredName = name };
}
