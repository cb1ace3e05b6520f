namespace PluginRuntime.Host.Auth;

/// <summary>The key of a request. For answers that last: it may be revoked meanwhile.</summary>
internal sealed class ShownKey(KeyCheck keys, string text, ApiKey key, OrgNames names)
{
    internal ApiKey Key { get; } = key;

    /// <summary>What the request calls instances.</summary>
    internal OrgNames Names { get; } = names;

    internal async ValueTask<bool> IsStillValidAsync() => await keys.FindAsync(text) is not null;
}
