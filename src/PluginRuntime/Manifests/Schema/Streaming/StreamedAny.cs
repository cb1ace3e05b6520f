namespace PluginRuntime.Manifests.Schema.Streaming;

/// <summary>The schema that accepts any value: what is left to check is that it is JSON, with no property name twice in an object.</summary>
internal static class StreamedAny
{
    internal static StreamedSchema Schema { get; } = new();
}
