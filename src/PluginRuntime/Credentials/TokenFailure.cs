using PluginRuntime.Sdk;

namespace PluginRuntime.Credentials;

/// <summary>Why no token can be had. Kept as values: an exception object would take parts of every connector it passes through with it.</summary>
/// <param name="Kind"><see cref="ConnectorErrorKind.Auth"/> where the token server refuses; else <see cref="ConnectorErrorKind.Unavailable"/>.</param>
/// <param name="Detail">A sentence without secrets.</param>
/// <param name="RetryAfter">How long the token server asked to wait; null when it did not.</param>
internal sealed record TokenFailure(ConnectorErrorKind Kind, string Detail, TimeSpan? RetryAfter = null)
{
    /// <summary>What the token server calls it, where that is a word of the standard; null else.</summary>
    internal string? Error { get; init; }

    /// <summary>Whether nothing but a further authorization helps.</summary>
    internal bool NeedsAuthorization { get; init; }

    internal string Code => Kind == ConnectorErrorKind.Auth ? "credentials.refused" : "credentials.unavailable";

    internal static TokenFailure Refused(string detail) => new(ConnectorErrorKind.Auth, detail);

    internal static TokenFailure Unavailable(string detail, TimeSpan? retryAfter = null) => new(ConnectorErrorKind.Unavailable, detail, retryAfter);

    internal static TokenFailure Unauthorized(string detail) => new(ConnectorErrorKind.Auth, detail) { NeedsAuthorization = true };

    internal ConnectorException ToException() => new(Kind, Detail, wasSent: false);
}

/// <summary>What the token server answered: one of the two.</summary>
internal sealed record TokenAnswer(GrantedToken? Granted, TokenFailure? Failure);

/// <summary>What the token server granted.</summary>
/// <param name="AccessToken">The access token.</param>
/// <param name="Lifetime">How long it lasts; null when that is not said.</param>
/// <param name="RefreshToken">The refresh token to use from now on; null leaves the one that was used.</param>
internal sealed record GrantedToken(string AccessToken, TimeSpan? Lifetime, string? RefreshToken)
{
    /// <summary>The scopes it says that it grants; null when it does not say.</summary>
    internal string? Scope { get; init; }

    /// <summary>A record would print its secrets.</summary>
    public override string ToString() => nameof(GrantedToken);
}
