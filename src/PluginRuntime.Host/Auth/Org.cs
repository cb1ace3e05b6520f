namespace PluginRuntime.Host.Auth;

/// <summary>A tenant: it owns keys and instances.</summary>
internal sealed record Org(string Name, DateTimeOffset Created);
