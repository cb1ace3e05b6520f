using PluginRuntime.Execution;

namespace PluginRuntime.Management;

/// <summary>
/// The time in which a candidate gets a share of the calls and is compared with the live version, over the same time. It only finds the
/// verdict; whoever carries it out makes sure that it is the version, and not the outside system, that is to blame.
/// </summary>
internal sealed class CanaryTrial : IDisposable
{
    /// <summary>How many looks there are at least.</summary>
    private const int _looks = 10;

    /// <summary>Fewer calls than this say nothing at the end.</summary>
    private const int _fewCalls = 10;

    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly TimeProvider _timeProvider;
    private readonly Action<CanaryTrial> _promote;
    private readonly Action<CanaryTrial, string, bool> _rollBack;
    private readonly ITimer _timer;

    // Guarded by _lock.
    private CanaryOptions _options;
    private VersionSample _candidateBefore;
    private VersionSample _liveBefore;
    private long _started;
    private DateTimeOffset _since;
    private string? _doubt;
    private bool _isDeciding;
    private bool _isAfterOutage;
    private LookPace _pace;

    /// <param name="candidate">What gets a share.</param>
    /// <param name="live">What gets the rest.</param>
    /// <param name="options">How large, how long.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="promote">Told when the candidate came through. <see cref="Resume"/> follows when it is not done.</param>
    /// <param name="rollBack">Told, with a sentence, when something speaks against it, and whether that may be the outside system: then the
    /// live version is to be looked at. <see cref="Resume"/> follows when it is not done.</param>
    internal CanaryTrial(
        Generation candidate, Generation live, CanaryOptions options, TimeProvider timeProvider, Action<CanaryTrial> promote, Action<CanaryTrial, string, bool> rollBack)
    {
        Candidate = candidate;
        Live = live;
        _options = options;
        _timeProvider = timeProvider;
        _promote = promote;
        _rollBack = rollBack;
        _candidateBefore = VersionSample.Of(candidate);
        _liveBefore = VersionSample.Of(live);
        _started = timeProvider.GetTimestamp();
        _since = timeProvider.GetUtcNow();
        using (ExecutionContext.SuppressFlow())
        {
            var look = Look(options);
            _timer = timeProvider.CreateTimer(static state => ((CanaryTrial)state!).Tick(), this, look, look);
        }
    }

    internal Generation Candidate { get; }

    internal Generation Live { get; }

    internal CanaryOptions Options
    {
        get
        {
            lock (_lock)
            {
                return _options;
            }
        }
    }

    /// <summary>Whether the candidate was in doubt together with the live version, and has not answered since.</summary>
    internal bool IsAfterOutage
    {
        get
        {
            lock (_lock)
            {
                return _isAfterOutage;
            }
        }
    }

    /// <summary>Another share, or another end; the time that has passed counts.</summary>
    internal void Configure(CanaryOptions options)
    {
        lock (_lock)
        {
            _options = options;
            _timer.Change(Look(options), Look(options));
        }
    }

    /// <summary>An attempt failed; it is counted already.</summary>
    internal void AttemptFailed(Generation generation)
    {
        if (generation != Candidate || !_lock.TryEnter())
        {
            // Where another thread judges at this moment, the next failure or the next look does.
            return;
        }

        string? why;
        try
        {
            why = !_isDeciding && _doubt is null && _pace.IsDue() ? Judge_NeedsLock(_options.Calls) : null;
            _isDeciding |= why is not null;
        }
        finally
        {
            _lock.Exit();
        }

        if (why is not null)
        {
            _rollBack(this, why, false);
        }
    }

    /// <summary>The candidate's breaker opened, or its health turned bad.</summary>
    internal void Doubt(Generation generation, string why)
    {
        lock (_lock)
        {
            if (generation != Candidate)
            {
                return;
            }

            _doubt = why;
            if (_isDeciding)
            {
                // The next look comes back to it.
                return;
            }

            _isDeciding = true;
        }

        _rollBack(this, why, true);
    }

    /// <summary>The candidate answers again: it begins anew.</summary>
    internal void Recovered()
    {
        lock (_lock)
        {
            Restart_NeedsLock();
        }
    }

    /// <summary>Its verdict was not carried out, for something else.</summary>
    internal void Resume()
    {
        lock (_lock)
        {
            _isDeciding = false;
        }
    }

    /// <summary>Its verdict was not carried out: the live version does no better. It begins anew, and the doubt stays until it answers again.</summary>
    internal void ResumeAfterOutage()
    {
        lock (_lock)
        {
            var doubt = _doubt;
            Restart_NeedsLock();
            _doubt = doubt;
            _isAfterOutage = true;
            _isDeciding = false;
        }
    }

    /// <summary>What it has found so far.</summary>
    internal (VersionSample Candidate, VersionSample Live, DateTimeOffset Since) Read()
    {
        lock (_lock)
        {
            return (CandidateSample_NeedsLock(), LiveSample_NeedsLock(), _since);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        string? why;
        bool isDoubt;
        lock (_lock)
        {
            if (_isDeciding)
            {
                return;
            }

            var isOver = _timeProvider.GetElapsedTime(_started) >= _options.Time;
            isDoubt = _doubt is not null;
            why = _doubt ?? Judge_NeedsLock(isOver ? _fewCalls : _options.Calls)
                ?? VersionComparison.FindSlowness(CandidateSample_NeedsLock(), LiveSample_NeedsLock(), _options.Calls);
            if (why is null && !isOver)
            {
                return;
            }

            _isDeciding = true;
        }

        if (why is not null)
        {
            _rollBack(this, why, isDoubt);
        }
        else
        {
            _promote(this);
        }
    }

    private string? Judge_NeedsLock(int few) =>
        VersionComparison.FindFault(CandidateSample_NeedsLock(), LiveSample_NeedsLock(), VersionSample.Of(Live), _options.Calls, few);

    private void Restart_NeedsLock()
    {
        _doubt = null;
        _isAfterOutage = false;
        _pace = default;
        _candidateBefore = VersionSample.Of(Candidate);
        _liveBefore = VersionSample.Of(Live);
        _started = _timeProvider.GetTimestamp();
        _since = _timeProvider.GetUtcNow();
    }

    private VersionSample CandidateSample_NeedsLock() => VersionSample.Of(Candidate) - _candidateBefore;

    private VersionSample LiveSample_NeedsLock() => VersionSample.Of(Live) - _liveBefore;

    private static TimeSpan Look(CanaryOptions options)
    {
        var look = options.Time / _looks;
        return look > _longest ? _longest : look < TimeSpan.FromMilliseconds(10) ? TimeSpan.FromMilliseconds(10) : look;
    }
}
