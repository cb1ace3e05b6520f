namespace PluginRuntime;

/// <summary>What a caller may say of one call.</summary>
public sealed record CallOptions
{
    /// <summary>The longest the call may take; above zero. It tightens the instance's <c>timeout</c> and never extends it. Default: null.</summary>
    public TimeSpan? Timeout { get; init; }
}
