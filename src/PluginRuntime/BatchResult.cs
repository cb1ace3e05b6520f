namespace PluginRuntime;

/// <summary>What came of one call of a batch.</summary>
/// <param name="Output">UTF-8 JSON; empty when the call failed.</param>
/// <param name="Problem">What it failed with; null when it succeeded.</param>
public sealed record BatchResult(ReadOnlyMemory<byte> Output, PluginRuntimeException? Problem);
