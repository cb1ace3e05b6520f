using System.Security.Cryptography;

namespace PluginRuntime.Host.Auth;

/// <summary>What is known of a key, which is all but the key.</summary>
/// <param name="Id">Names it where it is listed and revoked; no part of the key itself.</param>
/// <param name="Org">The org it belongs to.</param>
/// <param name="Name">What it is for, in its maker's words.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="Created">When it was made.</param>
/// <param name="Expires">When it ends by itself; null for never.</param>
/// <param name="LastUsed">When it was shown last, to a minute or so; null for never.</param>
/// <param name="Revoked">When it was ended; null when it was not.</param>
internal sealed record ApiKey(
    string Id, string Org, string Name, Scopes Scopes, DateTimeOffset Created, DateTimeOffset? Expires, DateTimeOffset? LastUsed, DateTimeOffset? Revoked)
{
    private const int IdBytes = 8;

    /// <summary>The key of the admin key file, which is in no list.</summary>
    internal static ApiKey OfHost { get; } = new("admin", Orgs.Default, "admin key", Scopes.HostAdmin, DateTimeOffset.UnixEpoch, null, null, null);

    internal bool IsHostAdmin => Scopes.HasFlag(Scopes.HostAdmin);

    internal static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    internal bool IsValidAt(DateTimeOffset now) => Revoked is null && !(Expires <= now);

    /// <summary>Whether this key may list and revoke another one of an org it may administrate: nobody ends who stands above them.</summary>
    internal bool MayEnd(ApiKey other) => Scopes.Allow(other.Scopes & Scopes.HostAdmin);
}
