using PluginRuntime.Diagnostics;
using PluginRuntime.Sdk;

namespace PluginRuntime.Credentials;

/// <summary>
/// The access token of one OAuth credential, whoever shares it: fetched once however many ask, fetched anew in the background while the
/// old one still serves, and never asked for more than once a second where that fails or where its tokens are refused.
/// </summary>
internal sealed class OAuthTokens
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestPause = TimeSpan.FromMinutes(1);

    private readonly CredentialSettings _settings;
    private readonly CredentialSubject _subject;
    private readonly CredentialServices _services;
    private readonly Lock _lock = new();

    // Guarded by _lock.
    private AccessToken? _token;
    private AccessToken? _former;
    private long _version;
    private Task<(AccessToken? Token, TokenFailure? Failure)>? _flight;
    private TokenFailure? _failure;
    private bool _wasDropped;
    private long _begun;
    private TimeSpan _wait;
    private string? _authorization;

    // What was looked at last.
    private long _seen = -1;

    internal OAuthTokens(CredentialSettings settings, CredentialSubject subject, CredentialServices services)
    {
        _settings = settings;
        _subject = subject;
        _services = services;

        // A rotated refresh token says that the configured access token was at its end already.
        if (settings.AccessToken is { } configured && services.RefreshTokens.Find(subject.Key, settings) is null)
        {
            _token = AccessToken.Create(configured, settings.ExpiresAt, services.TimeProvider.GetUtcNow(), Random.Shared.NextDouble());
            _version = 1;
        }
    }

    internal CredentialSettings Settings => _settings;

    /// <summary>The end of the token there is; null when none is there, or its end is not known.</summary>
    internal DateTimeOffset? ExpiresAt
    {
        get
        {
            lock (_lock)
            {
                return _token?.ExpiresAt;
            }
        }
    }

    /// <summary>Counts the tokens: the number of the one that is given out now, or of the next one where none can be.</summary>
    internal long Version
    {
        get
        {
            lock (_lock)
            {
                return _token is { } token && !token.IsExpiredAt(_services.TimeProvider.GetUtcNow()) ? _version : _version + 1;
            }
        }
    }

    /// <summary>Completes when no token is being fetched.</summary>
    internal Task Landed
    {
        get
        {
            lock (_lock)
            {
                return _flight ?? Task.CompletedTask;
            }
        }
    }

    /// <summary>The tokens that may be in somebody's hands: the access token, the one before it, and the refresh token in use.</summary>
    internal IEnumerable<string> Known()
    {
        AccessToken? token;
        AccessToken? former;
        lock (_lock)
        {
            (token, former) = (_token, _former);
        }

        string?[] known = [token?.Value.Reveal(), former?.Value.Reveal(), _services.RefreshTokens.Find(_subject.Key, _settings)];
        return known.OfType<string>();
    }

    /// <exception cref="ConnectorException">No token can be had.</exception>
    internal async ValueTask<Secret> GetAsync(CancellationToken cancellationToken)
    {
        Adopt();
        Task<(AccessToken? Token, TokenFailure? Failure)> flight;
        lock (_lock)
        {
            var now = _services.TimeProvider.GetUtcNow();
            if (_token is { } token && !token.IsExpiredAt(now))
            {
                if (token.RefreshAt <= now && _flight is null && MayBegin_NeedsLock())
                {
                    Begin_NeedsLock();
                }

                return token.Value;
            }

            if (_flight is null && !MayBegin_NeedsLock())
            {
                throw (_failure ?? TokenFailure.Refused(
                    "The outside system has refused the last tokens; the next one is asked for within a second.")).ToException();
            }

            flight = _flight ?? Begin_NeedsLock();
        }

        // One caller that gives up leaves the flight to the others.
        var outcome = await flight.WaitAsync(cancellationToken).ConfigureAwait(false);
        return outcome.Token?.Value ?? throw outcome.Failure!.ToException();
    }

    /// <summary>Drops the token of a version, which the outside system has refused. A newer one stays.</summary>
    /// <returns>Whether a further try may have another token.</returns>
    internal bool TryDrop(long version)
    {
        // Where none takes its place it stays: it may be refused for one request and good for another.
        var isOnly = _settings.NeedsAuthorization && _services.RefreshTokens.Find(_subject.Key, _settings) is null;
        lock (_lock)
        {
            if (isOnly)
            {
                return _token is not null && _version != version;
            }

            if (_token is not null)
            {
                if (_version != version)
                {
                    return true;
                }

                (_token, _former) = (null, _token);
                _wasDropped = true;
            }

            return _flight is not null || MayBegin_NeedsLock();
        }
    }

    /// <summary>Takes over what somebody has authorized since, here or on another host: from the next call on it serves.</summary>
    private void Adopt()
    {
        var changes = _settings.NeedsAuthorization ? _services.RefreshTokens.Changes : -1;
        if (changes == Volatile.Read(ref _seen))
        {
            return;
        }

        var found = _services.RefreshTokens.FindAuthorization(_subject.Key, _settings);
        var granted = _services.RefreshTokens.FindGranted(_subject.Key, _settings);
        bool wasFailing;
        lock (_lock)
        {
            _seen = changes;
            if (found is null || found.Id == _authorization)
            {
                return;
            }

            var now = _services.TimeProvider.GetUtcNow();
            var token = granted is null ? null : AccessToken.Create(granted.AccessToken, now + granted.Lifetime, now, Random.Shared.NextDouble());
            wasFailing = _failure is not null;
            (_authorization, _token, _former, _failure) = (found.Id, token, _token ?? _former, null);
            (_wait, _wasDropped) = (TimeSpan.Zero, false);
            _version++;
        }

        Tell(wasFailing, null);
    }

    private bool MayBegin_NeedsLock() => _wait == TimeSpan.Zero || _services.TimeProvider.GetElapsedTime(_begun) >= _wait;

    private Task<(AccessToken? Token, TokenFailure? Failure)> Begin_NeedsLock()
    {
        var isAfterDrop = _wasDropped;
        _wasDropped = false;

        // As it is now: what is adopted before the flight has really begun is no old token.
        var authorization = _authorization;
        List<string> old = [.. new[] { _token, _former }.OfType<AccessToken>().Select(token => token.Value.Reveal())];
        _begun = _services.TimeProvider.GetTimestamp();

        // Each waiter goes on by itself: one that blocks, in a connector's code, must not hold up the others.
        var landing = new TaskCompletionSource<(AccessToken? Token, TokenFailure? Failure)>(TaskCreationOptions.RunContinuationsAsynchronously);
        _flight = landing.Task;

        // The caller may be a connector's code: its AsyncLocals must not live on in the flight's timers and sockets.
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            _ = Task.Run(() => LandAsync(landing, isAfterDrop, authorization, old));
        }

        return landing.Task;
    }

    private async Task LandAsync(TaskCompletionSource<(AccessToken? Token, TokenFailure? Failure)> landing, bool isAfterDrop, string? authorization, List<string> old)
    {
        try
        {
            landing.SetResult(await FlyAsync(isAfterDrop, authorization, old).ConfigureAwait(false));
        }
        catch (Exception exception)
        {
            // A bug, or a log that throws: whoever waits has to come back, and the next flight to begin.
            var failure = TokenFailure.Unavailable($"The token could not be fetched: {exception.GetType().Name}.");
            lock (_lock)
            {
                _flight = null;
                _failure = failure;
                _wait = _pause;
            }

            landing.SetResult((null, failure));
        }
    }

    private async Task<(AccessToken? Token, TokenFailure? Failure)> FlyAsync(bool isAfterDrop, string? authorization, List<string> old)
    {
        var asked = _services.TimeProvider.GetUtcNow();
        var answer = Named(await _services.Tokens.GetAsync(_subject.Key, _settings, old).ConfigureAwait(false));
        AccessToken? token = null;
        bool wasFailing;
        lock (_lock)
        {
            if (_authorization != authorization && _token is { } adopted)
            {
                // What was answered belongs to the authorization before.
                _flight = null;
                return (adopted, null);
            }

            wasFailing = _failure is not null;
            _flight = null;
            _failure = answer.Failure;
            if (answer.Granted is { } granted)
            {
                // From when it was asked for: the server's clock began somewhere in between.
                token = AccessToken.Create(granted.AccessToken, asked + granted.Lifetime, asked, Random.Shared.NextDouble());
                (_token, _former) = (token, _token ?? _former);
                _version++;
                _wait = isAfterDrop ? _pause : TimeSpan.Zero;
            }
            else
            {
                _wasDropped |= isAfterDrop;
                _wait = PauseAfter_NeedsLock(answer.Failure!);
            }
        }

        Tell(wasFailing, answer.Failure);
        return (token, answer.Failure);
    }

    /// <summary>Only an authorization helps: says whose, and how.</summary>
    private TokenAnswer Named(TokenAnswer answer) => answer.Failure is { NeedsAuthorization: true } failure
        ? new(null, failure with { Detail = $"{_subject.Name} {failure.Detail}. Run: connector credential authorize {_subject.StoredName?.Split('/')[^1]}." })
        : answer;

    private TimeSpan PauseAfter_NeedsLock(TokenFailure failure)
    {
        var pause = _pause * (1 + (Random.Shared.NextDouble() / 4));
        if (failure.RetryAfter is { } asked && asked > pause)
        {
            pause = asked < _longestPause ? asked : _longestPause;
            pause += _services.TimeProvider.GetElapsedTime(_begun);
        }

        return pause;
    }

    private void Tell(bool wasFailing, TokenFailure? failure)
    {
        if (wasFailing == (failure is not null))
        {
            return;
        }

        if (failure is null)
        {
            _services.Logger.RefreshRecovered(_subject.Name);
            _services.Events.Publish(EventTypes.CredentialRefresh, $"{_subject.Name} is refreshed again.", About(null));
            return;
        }

        _services.Logger.RefreshFailed(_subject.Name, failure.Detail);
        _services.Events.Publish(
            EventTypes.CredentialRefresh,
            failure.NeedsAuthorization ? failure.Detail : $"{_subject.Name} cannot be refreshed: {failure.Detail}",
            About(failure.Code));
    }

    private EventSubject About(string? code) => new()
    {
        Instance = _subject.Instance,
        Code = code,
        Data = _subject.StoredName is { } name ? new Dictionary<string, string> { ["credential"] = name } : EventSubject.None.Data,
    };
}
