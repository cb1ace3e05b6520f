namespace PluginRuntime.Host.Auth;

/// <summary>What a route asks of who calls it. Every route has one; <see cref="KeyMiddleware"/> is where it is enforced.</summary>
/// <param name="Scopes">What its key has to have.</param>
/// <param name="EveryOrg">Whether it answers keys of all orgs, each with what is its own; else those of the org <c>default</c> alone.</param>
internal sealed record Need(Scopes Scopes, bool EveryOrg)
{
    private static readonly Need _anyKey = new(Scopes.None, EveryOrg: true);
    private static readonly Need _hostAdmin = new(Scopes.HostAdmin, EveryOrg: false);

    internal static Need Nothing { get; } = new(Scopes.None, EveryOrg: true) { IsOpen = true };

    /// <summary>Whether it is answered without a key.</summary>
    internal bool IsOpen { get; private init; }

    /// <summary>
    /// What a request needs. A route that says nothing is for the host's administrator; and below <c>/api</c> nobody without a key is told what
    /// there is.
    /// </summary>
    internal static Need Of(HttpContext context)
    {
        var endpoint = context.GetEndpoint();
        return endpoint?.Metadata.GetMetadata<Need>()
            ?? (endpoint is RouteEndpoint ? _hostAdmin : context.Request.Path.StartsWithSegments("/api") ? _anyKey : Nothing);
    }
}
