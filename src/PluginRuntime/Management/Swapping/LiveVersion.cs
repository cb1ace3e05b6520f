using PluginRuntime.Execution;
using PluginRuntime.Loading;
using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>A generation with what its owner has to give back: the share in its context.</summary>
/// <param name="Generation">What takes calls.</param>
/// <param name="Share">Its share in the load context; null for a connector object of the embedding program.</param>
/// <param name="ConfigKey">The configuration it was built for.</param>
/// <param name="Source">Where its package was taken from, as the catalog names it; null when from the store.</param>
/// <param name="Notice">What an operator should know about the choice.</param>
internal sealed record LiveVersion(Generation Generation, ContextShare? Share, string ConfigKey, string? Source, string? Notice);
