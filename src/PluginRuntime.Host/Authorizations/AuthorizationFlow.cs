using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using PluginRuntime.Credentials;
using PluginRuntime.Host.Problems;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Authorizations;

/// <summary>
/// Authorization codes with proof keys (RFC 6749, 4.1; RFC 7636, S256; RFC 9207; RFC 9700). Who begins one also completes it, with the same key: nobody
/// can have somebody else complete what they began, and no route is open to browsers.
/// </summary>
internal sealed class AuthorizationFlow(ConnectorRuntime runtime, AuthorizationStore store, TimeProvider timeProvider)
{
    /// <summary>How long one may take.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private const int RandomBytes = 32;

    /// <summary>Begins one.</summary>
    /// <param name="credential">The runtime's name.</param>
    /// <param name="key">The id of the key that asks.</param>
    /// <param name="redirectUri">Where the code is to be sent.</param>
    /// <returns>Where to go to authorize, the state, and until when it may be completed.</returns>
    /// <exception cref="PluginRuntimeException">The credential is none to authorize, or it cannot be saved.</exception>
    internal async Task<(string Url, string State, DateTimeOffset ExpiresAt)> BeginAsync(string credential, string key, string redirectUri)
    {
        var (definition, settings) = await runtime.GetAuthorizableAsync(credential);
        var (state, verifier) = (Random(), Random());
        var pending = new PendingAuthorization(
            definition.Name, PendingAuthorization.VersionOf(definition), key, redirectUri, verifier, timeProvider.GetUtcNow() + Longest);
        await store.AddAsync(state, pending);
        return (UrlOf(settings, state, verifier, redirectUri), state, pending.ExpiresAt);
    }

    /// <summary>Completes one.</summary>
    /// <param name="credential">The runtime's name.</param>
    /// <param name="key">The id of the key that asks.</param>
    /// <param name="state">What was sent along.</param>
    /// <param name="code">The code.</param>
    /// <param name="issuer">What the authorization server calls itself; null when it does not say.</param>
    /// <exception cref="PluginRuntimeException">It is refused, or what it brings cannot be saved.</exception>
    internal async Task<Authorization> CompleteAsync(string credential, string key, string state, string code, string? issuer)
    {
        var (definition, settings) = await FindAsync(credential);
        var version = PendingAuthorization.VersionOf(definition);
        var pending = await store.TakeAsync(state, pending => pending.Key == key && pending.Credential == credential) is { } taken && taken.Version == version ? taken : throw Unknown();
        if (!IsIssuer(issuer, settings))
        {
            throw new RequestException(
                "authorization.issuer",
                "The code comes from another authorization server than the one that was asked. If that is one with two names, give the other one as 'issuer' of the credential; then begin anew.");
        }

        return await runtime.AuthorizeAsync(definition, settings, new(code, pending.RedirectUri, pending.Verifier));
    }

    /// <summary>A credential that is none to authorize has nothing to complete either.</summary>
    private async Task<(CredentialDefinition Definition, CredentialSettings Settings)> FindAsync(string credential)
    {
        try
        {
            return await runtime.GetAuthorizableAsync(credential);
        }
        catch (CredentialException)
        {
            throw Unknown();
        }
    }

    /// <summary>The same for what was never begun, is completed, is over, was begun by another key or for what the credential was before.</summary>
    private static RequestException Unknown() => new(
        "authorization.unknown", "There is no authorization under way that this completes. One is completed once, within ten minutes, by the key that began it, and while the credential stays as it is. Begin anew.");

    // RFC 9207, 2.4: compared letter for letter. Where its name is not known it is at least the server that was asked.
    private static bool IsIssuer(string? issuer, CredentialSettings settings) =>
        settings.Issuer is { } known ? issuer == known
        : issuer is null
            || (Uri.TryCreate(issuer, UriKind.Absolute, out var url)
                && url.GetLeftPart(UriPartial.Authority) == settings.AuthorizationUrl!.GetLeftPart(UriPartial.Authority));

    private static string UrlOf(CredentialSettings settings, string state, string verifier, string redirectUri)
    {
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        (string Name, string? Value)[] parameters =
        [
            ("response_type", "code"), ("client_id", settings.ClientId), ("redirect_uri", redirectUri), ("scope", settings.Scope), ("state", state),
            ("code_challenge", challenge), ("code_challenge_method", "S256"),
        ];
        var query = string.Join('&', parameters.Where(one => one.Value is not null).Select(one => $"{one.Name}={Uri.EscapeDataString(one.Value!)}"));
        var url = settings.AuthorizationUrl!.AbsoluteUri;
        return url + (!url.Contains('?', StringComparison.Ordinal) ? "?" : url[^1] is '?' or '&' ? "" : "&") + query;
    }

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));
}
