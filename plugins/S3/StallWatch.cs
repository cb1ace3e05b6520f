namespace PluginRuntime.Connectors.S3;

/// <summary>Ends what shows no sign of life for a time: a transfer may take hours, and its peer may be gone without a word.</summary>
internal sealed class StallWatch : IDisposable
{
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stall;
    private readonly CancellationTokenSource _both;

    internal StallWatch(TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        _stall = new(_longest, timeProvider);
        _both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stall.Token);
    }

    /// <summary>The caller's token, and the watch's own.</summary>
    internal CancellationToken Token => _both.Token;

    internal void Progress() => _stall.CancelAfter(_longest);

    public void Dispose()
    {
        _both.Dispose();
        _stall.Dispose();
    }
}
