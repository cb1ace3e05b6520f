namespace PluginRuntime.Credentials;

/// <summary>That somebody has authorized a credential.</summary>
/// <param name="Id">Tells it from the next one.</param>
/// <param name="At">When.</param>
/// <param name="Scopes">What for, with a space between; null when that is not known.</param>
/// <param name="IsRefused">Whether the token server has refused it since.</param>
internal sealed record Authorization(string Id, DateTimeOffset At, string? Scopes, bool IsRefused)
{
    /// <summary>When it ends by itself; null when it can be refreshed, or its end is not known.</summary>
    internal DateTimeOffset? ExpiresAt { get; init; }
}
