using PluginRuntime.Credentials;

namespace PluginRuntime.Management;

/// <summary>The credential of an instance; worth something only when there are no errors.</summary>
/// <param name="Subject">Whose it is.</param>
/// <param name="Settings">What it is.</param>
/// <param name="Errors">Everything wrong with it.</param>
internal sealed record BoundCredential(CredentialSubject Subject, CredentialSettings Settings, IReadOnlyList<ValidationError> Errors)
{
    /// <summary>Says where a stored one may go; null for others.</summary>
    internal CredentialGuard? Guard { get; init; }
}
