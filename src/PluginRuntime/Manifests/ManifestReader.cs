namespace PluginRuntime.Manifests;

/// <summary>Reads manifests.</summary>
public static class ManifestReader;
