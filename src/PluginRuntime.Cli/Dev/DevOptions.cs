namespace PluginRuntime.Cli.Dev;

/// <summary>What an author has asked for.</summary>
/// <param name="Folder">The host's drop-in folder.</param>
/// <param name="Instance">The instance's name; null for the connector's id.</param>
/// <param name="WantsInstance">Whether an instance is looked at.</param>
/// <param name="Removes">Whether what was dropped is taken away at the end.</param>
/// <param name="Connect">Makes a client of the host.</param>
internal sealed record DevOptions(string Folder, string? Instance, bool WantsInstance, bool Removes, Func<HostClient> Connect);
