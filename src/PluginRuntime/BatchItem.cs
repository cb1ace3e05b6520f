namespace PluginRuntime;

/// <summary>One call of a batch.</summary>
/// <param name="Instance">The instance's name.</param>
/// <param name="Action">The id of one of its actions.</param>
/// <param name="Input">UTF-8 JSON. It must not change before the batch has ended, nor after this call ended by its deadline.</param>
public sealed record BatchItem(string Instance, string Action, ReadOnlyMemory<byte> Input)
{
    /// <summary>What the caller says of this call. Default: null, the instance's own limits.</summary>
    public CallOptions? Options { get; init; }
}
