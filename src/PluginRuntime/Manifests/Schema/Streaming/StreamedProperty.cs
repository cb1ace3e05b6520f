namespace PluginRuntime.Manifests.Schema.Streaming;

/// <summary>A property that a schema names or requires.</summary>
/// <param name="name">UTF-8.</param>
/// <param name="index">Its bit.</param>
internal sealed class StreamedProperty(byte[] name, int index)
{
    internal ReadOnlySpan<byte> Name => name;

    internal int Index { get; } = index;

    /// <summary>What it is; null when it is required without being named.</summary>
    internal StreamedSchema? Schema { get; set; }
}
