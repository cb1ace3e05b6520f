namespace PluginRuntime;

/// <summary>How a batch is run.</summary>
public sealed record BatchOptions
{
    /// <summary>How many calls run at a time. Default: 8; 1 to 32.</summary>
    public int Parallel { get; init; } = 8;

    /// <summary>
    /// The most output of all calls together, in bytes. A call whose output no longer fits, in the order in which they end, fails with
    /// <c>batch.too-large</c>; it was carried out all the same. Default: 64 MiB; 1 byte to 1 GiB.
    /// </summary>
    public int MaxOutputBytes { get; init; } = 64 * 1024 * 1024;
}
