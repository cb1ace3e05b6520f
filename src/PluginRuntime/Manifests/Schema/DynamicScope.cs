namespace PluginRuntime.Manifests.Schema;

/// <summary>A resource that evaluation has entered, and the one it came from.</summary>
internal sealed record DynamicScope(SchemaResource Resource, DynamicScope? Outer);
