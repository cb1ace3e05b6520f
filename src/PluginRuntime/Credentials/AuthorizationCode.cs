namespace PluginRuntime.Credentials;

/// <summary>What an authorization server gave the one who authorized, and what shows that it was this host that asked.</summary>
/// <param name="Code">The code.</param>
/// <param name="RedirectUri">Where it was sent to.</param>
/// <param name="Verifier">What the challenge of the request was made of (RFC 7636).</param>
internal sealed record AuthorizationCode(string Code, string RedirectUri, string Verifier)
{
    /// <summary>A record would print its secrets.</summary>
    public override string ToString() => nameof(AuthorizationCode);
}
