using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace PluginRuntime.Packages;

/// <summary>Tells when a folder of packages changed: by the system's events once it is quiet, and by looking regularly, should an event be
/// missing.</summary>
/// <remarks>
/// The callback runs once at the start, then after changes, one at a time; changes during a callback give one more.
/// A callback that throws is logged and called again at the next look.
/// </remarks>
internal sealed class FolderWatcher : IAsyncDisposable
{
    private readonly FolderSource _source;
    private readonly Func<CancellationToken, Task> _changed;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;
    private readonly FolderWatcherOptions _options;
    private readonly CancellationTokenSource _stop = new();

    // Holds one token at most: however many events, there is one thing to do.
    private readonly Channel<bool> _signals =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task _loop;
    private int _disposed;

    /// <summary>Starts watching.</summary>
    /// <param name="source">The folder, which need not exist.</param>
    /// <param name="changed">Called after each change; it scans the source itself. Its token is cancelled when the watcher is
    /// disposed.</param>
    /// <param name="timeProvider">Paces the looks and the wait for quiet.</param>
    /// <param name="logger">Told about failures.</param>
    /// <param name="options">Null for the defaults.</param>
    public FolderWatcher(
        FolderSource source, Func<CancellationToken, Task> changed, TimeProvider timeProvider, ILogger logger,
        FolderWatcherOptions? options = null)
    {
        (_source, _changed, _timeProvider, _logger, _options) = (source, changed, timeProvider, logger, options ?? new());
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Stops watching; after it no callback runs. Not to be awaited in the callback.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        using var events = _options.UseEvents ? new FolderEvents(_source.Path, Signal, _logger) : null;
        FolderScan? told = null;
        var signalled = false;
        try
        {
            while (true)
            {
                var pause = _options.Poll;
                try
                {
                    // Attached before the look, and looked before the callback: a change at any time is seen by one of them, or raises the
                    // signal, or differs at the next look.
                    events?.Attach();
                    var scan = _source.Scan();
                    if (signalled || told is null || scan.Differs(told)) await _changed(_stop.Token).ConfigureAwait(false);
                    told = scan;
                    if (scan.IsSettling) pause = _options.SettlingPoll;
                }
                catch (Exception exception) when (!_stop.IsCancellationRequested)
                {
                    told = null;
                    _logger.ChangeFailed(_source.Path, exception);
                }

                signalled = await WaitAsync(pause).ConfigureAwait(false);
                if (signalled) await QuietAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
    }

    private void Signal() => _signals.Writer.TryWrite(true);

    /// <summary>Waits for an event or a time; true for an event, which is taken.</summary>
    private async Task<bool> WaitAsync(TimeSpan time)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var signal = _signals.Reader.WaitToReadAsync(either.Token).AsTask();
        var timer = Task.Delay(time, _timeProvider, either.Token);
        await Task.WhenAny(signal, timer).ConfigureAwait(false);
        await either.CancelAsync().ConfigureAwait(false);
        _stop.Token.ThrowIfCancellationRequested();
        return _signals.Reader.TryRead(out _);
    }

    private async Task QuietAsync()
    {
        var start = _timeProvider.GetTimestamp();
        while (await WaitAsync(_options.Quiet).ConfigureAwait(false))
        {
            if (_timeProvider.GetElapsedTime(start) >= _options.MaxQuiet) return;
        }
    }
}
