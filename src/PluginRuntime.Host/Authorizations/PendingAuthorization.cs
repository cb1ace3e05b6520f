using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Authorizations;

/// <summary>An authorization that was begun and is not completed yet.</summary>
/// <param name="Credential">The runtime's name of the credential.</param>
/// <param name="Version">The credential as it was: see <see cref="VersionOf"/>.</param>
/// <param name="Key">The id of the key that began it.</param>
/// <param name="RedirectUri">Where the code is sent to.</param>
/// <param name="Verifier">What the challenge was made of (RFC 7636).</param>
/// <param name="ExpiresAt">When it ends by itself.</param>
internal sealed record PendingAuthorization(string Credential, string Version, string Key, string RedirectUri, string Verifier, DateTimeOffset ExpiresAt)
{
    /// <summary>Tells a credential from what it is after any change, also where another one has taken its name.</summary>
    internal static string VersionOf(CredentialDefinition credential) =>
        $"{credential.Revision} {credential.IsTrusted} {Convert.ToHexStringLower(SHA256.HashData(credential.Json.Span))}";

    /// <summary>What is kept in the place of a state: who reads the database cannot complete anything with it.</summary>
    internal static string HashOf(string state) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state)));

    internal byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, HostJson.Options);

    internal static PendingAuthorization Read(ReadOnlySpan<byte> utf8) =>
        JsonSerializer.Deserialize<PendingAuthorization>(utf8, HostJson.Options) ?? throw new JsonException("The stored authorization is null.");

    /// <summary>A record would print its secrets.</summary>
    public override string ToString() => nameof(PendingAuthorization);
}
