namespace PluginRuntime.Host.Auth;

/// <summary>The header <c>Connector-Org</c>, by which the host's administrators choose the org that they work in.</summary>
internal static class OrgHeader
{
    internal const string Name = "Connector-Org";

    /// <returns>The org a request is about: by default the key's own.</returns>
    /// <exception cref="Problems.RequestException">There is no such org, as far as the key may know.</exception>
    internal static async ValueTask<string> OfAsync(HttpRequest request, ApiKey key, KeyCheck keys) =>
        request.Headers[Name].ToString() is not { Length: > 0 } asked || asked == key.Org ? key.Org
            : key.IsHostAdmin && Orgs.IsName(asked) && await keys.HasOrgAsync(asked) ? asked : throw Orgs.Unknown(asked);
}
