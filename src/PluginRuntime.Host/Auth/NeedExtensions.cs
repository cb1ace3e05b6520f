namespace PluginRuntime.Host.Auth;

/// <summary>How a route says what it needs.</summary>
internal static class NeedExtensions
{
    /// <summary>A key of the org <c>default</c>, or of the host's administrator, with these scopes.</summary>
    internal static void Needs(this IEndpointConventionBuilder route, Scopes scopes) => route.WithMetadata(new Need(scopes, EveryOrg: false));

    /// <summary>A key of any org with these scopes. It answers with what every org may know, or what is the key's org's own.</summary>
    internal static void NeedsOfEveryOrg(this IEndpointConventionBuilder route, Scopes scopes) => route.WithMetadata(new Need(scopes, EveryOrg: true));

    internal static void NeedsNoKey(this IEndpointConventionBuilder route) => route.WithMetadata(Need.Nothing);
}
