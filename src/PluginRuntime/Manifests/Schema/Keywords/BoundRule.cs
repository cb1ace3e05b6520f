namespace PluginRuntime.Manifests.Schema.Keywords;

/// <summary>Which of the four bounds.</summary>
/// <param name="Name">As in error codes.</param>
/// <param name="Sign">1 for a minimum, -1 for a maximum.</param>
/// <param name="IsExclusive">Whether the bound itself is refused.</param>
internal sealed record BoundRule(string Name, int Sign, bool IsExclusive);
