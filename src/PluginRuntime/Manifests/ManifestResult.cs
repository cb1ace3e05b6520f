namespace PluginRuntime.Manifests;

/// <summary>A manifest that was read, or why it could not be.</summary>
/// <param name="Manifest">Null when there are errors.</param>
/// <param name="Errors">Everything wrong with it, with pointers into it; 100 at most.</param>
public sealed record ManifestResult(ConnectorManifest? Manifest, IReadOnlyList<ValidationError> Errors);
