namespace PluginRuntime.Credentials;

/// <summary>The scopes that an authorization is for, to be shown: what the token server says, as far as that can be shown, or what was asked for.</summary>
internal static class GrantedScopes
{
    private const int Longest = 2000;

    internal static string? Of(GrantedToken granted, CredentialSettings settings, AuthorizationCode code)
    {
        if (granted.Scope is not { Length: > 0 and <= Longest } scope || !SecretText.FitsHeader(scope))
        {
            return settings.Scope;
        }

        // A server that repeats what it was sent would have it shown.
        string?[] secrets = [code.Code, code.Verifier, settings.ClientSecret, granted.AccessToken, granted.RefreshToken];
        return Array.Exists(secrets, secret => secret is { Length: > 0 } && scope.Contains(secret, StringComparison.Ordinal)) ? settings.Scope : scope;
    }
}
