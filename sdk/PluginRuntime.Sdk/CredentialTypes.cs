namespace PluginRuntime.Sdk;

/// <summary>The kinds of credentials that a connector may ask for, as manifests and configurations spell them.</summary>
public static class CredentialTypes
{
    /// <summary>No credential.</summary>
    public const string None = "none";

    /// <summary>A key in a header.</summary>
    public const string ApiKey = "api_key";

    /// <summary>User name and password.</summary>
    public const string Basic = "basic";

    /// <summary>A bearer token.</summary>
    public const string Bearer = "bearer";

    /// <summary>OAuth 2.0 client credentials or refresh token.</summary>
    public const string OAuth = "oauth";

    /// <summary>What a manifest says of a connector that takes every type. No type of a credential itself.</summary>
    public const string Any = "any";
}
