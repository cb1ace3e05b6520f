using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using PluginRuntime.Execution.Retrying;

namespace PluginRuntime.Execution;

/// <summary>One call on its way: what it wants, how long it has, what its last attempt met. Used again for another call after its end.</summary>
internal sealed class Call
{
    /// <summary>How many are kept beside the one of each thread.</summary>
    private const int MostSpare = 256;

    private static readonly ConcurrentQueue<Call> _spares = new();
    private static int _spareCount;

    [ThreadStatic]
    private static Call? _mine;

    private TimeProvider _timeProvider = TimeProvider.System;
    private CallSettings _settings = null!;
    private bool _hasMet;
    private int _retries;
    private bool _hasRenewed;

    private Call()
    {
    }

    internal InstanceSlot Slot { get; private set; } = null!;

    internal string Action { get; private set; } = "";

    /// <summary>UTF-8 JSON.</summary>
    internal ReadOnlyMemory<byte> Input { get; private set; }

    /// <summary>Gets the UTF-8 JSON of the result, once there is one.</summary>
    internal IBufferWriter<byte> Output { get; private set; } = null!;

    /// <summary>The longest the whole call may take.</summary>
    internal TimeSpan Timeout { get; private set; }

    /// <summary>The timestamp at which it began.</summary>
    internal long Start { get; private set; }

    /// <summary>The timestamp at which <see cref="Timeout"/> has passed.</summary>
    internal long Deadline { get; private set; }

    /// <summary>Whether the caller gave it less time than the instance would.</summary>
    internal bool IsTightened => Timeout < _settings.Timeout;

    /// <summary>The generation that the last attempt met; null when there was none.</summary>
    internal Generation? MetBy { get; set; }

    /// <summary>What the last attempt did, in the version that it met; null when that has no such action.</summary>
    internal ActionPlan? Plan { get; set; }

    /// <summary>The timestamp at which the last attempt is cancelled.</summary>
    internal long AttemptDeadline { get; private set; }

    /// <summary>How long the last attempt may take, with its wait for a connection.</summary>
    internal TimeSpan AttemptTime => _timeProvider.GetElapsedTime(0, AttemptStamps);

    /// <summary>The same, as a difference of the clock's timestamps.</summary>
    internal long AttemptStamps { get; private set; }

    /// <summary>Why the last attempt got no connection; null when it got one, or when its pool was closed.</summary>
    internal PluginRuntimeException? RentFailure { get; set; }

    /// <summary>Which token of the instance's credential the last attempt may have used.</summary>
    internal long TokenVersion { get; private set; }

    /// <summary>The span of the call; null where nobody traces.</summary>
    internal Activity? Span { get; set; }

    /// <summary>The span of the attempt that runs; null where nobody traces.</summary>
    internal Activity? AttemptSpan { get; set; }

    /// <summary>The generation whose schema the input was found to fit; a later attempt may meet another.</summary>
    internal Generation? ValidatedBy { get; set; }

    /// <summary>How many attempts have begun.</summary>
    internal int Attempts { get; set; }

    /// <summary>Whether the last attempt was refused with a token that has another one after it.</summary>
    internal bool MayHaveAnotherToken { get; set; }

    /// <summary>How long to wait before the retry that <see cref="MayRetry"/> allowed.</summary>
    internal TimeSpan Delay { get; private set; }

    internal TimeSpan Elapsed => _timeProvider.GetElapsedTime(Start);

    private TimeSpan Left => _timeProvider.GetElapsedTime(_timeProvider.GetTimestamp(), Deadline);

    /// <summary>A call begins. <see cref="Recycle"/> follows.</summary>
    /// <param name="slot">The instance.</param>
    /// <param name="action">What to do.</param>
    /// <param name="input">UTF-8 JSON.</param>
    /// <param name="output">Gets the result.</param>
    /// <param name="settings">Those of the generation that is live now.</param>
    /// <param name="timeout">The longest the call may take.</param>
    /// <param name="stamps">The same, as a difference of the clock's timestamps.</param>
    /// <param name="timeProvider">The clock.</param>
    internal static Call Begin(
        InstanceSlot slot,
        string action,
        ReadOnlyMemory<byte> input,
        IBufferWriter<byte> output,
        CallSettings settings,
        TimeSpan timeout,
        long stamps,
        TimeProvider timeProvider)
    {
        var call = Take();
        call._timeProvider = timeProvider;
        call._settings = settings;
        call.Slot = slot;
        call.Action = action;
        call.Input = input;
        call.Output = output;
        call.Timeout = timeout;
        call.Start = timeProvider.GetTimestamp();
        call.Deadline = call.Start + stamps;
        return call;
    }

    /// <summary>The call is over: nobody may use this object any more.</summary>
    internal void Recycle()
    {
        (Slot, Input, Output) = (null!, default, null!);
        (MetBy, Plan, ValidatedBy, RentFailure) = (null, null, null, null);
        (Span, AttemptSpan) = (null, null);
        (Attempts, MayHaveAnotherToken) = (0, false);
        (_hasMet, _retries, _hasRenewed) = (false, 0, false);
        if (_mine is null)
        {
            _mine = this;
        }
        else if (Interlocked.Increment(ref _spareCount) <= MostSpare)
        {
            _spares.Enqueue(this);
        }
        else
        {
            Interlocked.Decrement(ref _spareCount);
        }
    }

    /// <summary>The call meets a generation, for an attempt that may begin.</summary>
    /// <returns>The timestamp of now, or a little earlier.</returns>
    internal long Meet(Generation generation)
    {
        (MetBy, Plan, MayHaveAnotherToken) = (generation, null, false);

        // Reading the clock costs as much as renting a connection, so the first attempt begins with its call.
        var now = _hasMet ? _timeProvider.GetTimestamp() : Start;
        _hasMet = true;
        return now;
    }

    /// <summary>An attempt begins.</summary>
    /// <param name="plan">What it does.</param>
    /// <param name="now">What <see cref="Meet"/> gave.</param>
    internal void BeginAttempt(ActionPlan plan, long now)
    {
        Attempts++;
        AttemptDeadline = Math.Min(Deadline, now + plan.AttemptStamps);
        AttemptStamps = AttemptDeadline - now;
        TokenVersion = MetBy!.Credential.Version;
    }

    /// <summary>What the attempt failed with when it was cancelled.</summary>
    /// <param name="wasSent">Whether the connector may have sent something.</param>
    /// <param name="caller">The caller's token.</param>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal DeadlineExceededException AttemptCancelled(bool wasSent, CancellationToken caller)
    {
        caller.ThrowIfCancellationRequested();
        if (MetBy!.Border.IsLate)
        {
            return new(
                $"An attempt of '{Action}' on '{Slot.Name}' was cancelled because version {MetBy.Identity.Version} was retired and its drain timeout had passed.",
                wasSent);
        }

        return AttemptDeadline == Deadline
            ? DeadlinePassed(wasSent)
            : new($"An attempt of '{Action}' on '{Slot.Name}' took longer than its attempt timeout of {Plan!.AttemptTimeout.TotalSeconds:0.###} s.", wasSent);
    }

    internal DeadlineExceededException DeadlinePassed(bool wasSent) =>
        new($"The call of '{Action}' on '{Slot.Name}' did not end within {Timeout.TotalSeconds:0.###} s.", wasSent);

    /// <summary>
    /// Whether the call tries once more, at once, because its token was refused. That is no retry: nothing was done, and the budget is not
    /// for it.
    /// </summary>
    internal bool MayRenew()
    {
        var may = MayHaveAnotherToken && !_hasRenewed && Left > TimeSpan.Zero;
        _hasRenewed |= may;
        return may;
    }

    /// <summary>
    /// Whether the call tries again after a failure: it must be one that may pass, nothing may have been sent unless the action is
    /// idempotent, the wait (the delay rule, or what the outside system asked for when that is longer) must end before the deadline, and
    /// the instance must have a retry left in its budget. After an attempt on another version than the live one it may be any failure that
    /// speaks against that version.
    /// </summary>
    internal bool MayRetry(PluginRuntimeException failure)
    {
        var wasSent = failure switch
        {
            ConnectorFailedException { IsTransient: true } connector => connector.WasSent,
            DeadlineExceededException deadline => deadline.WasSent,
            _ => Slot.Live is { } live && live != MetBy ? WasSentToAnother(failure) : null,
        };
        if (wasSent is null || (wasSent.Value && Plan is not { IsIdempotent: true }) || _retries == _settings.Retry.MaxRetries)
        {
            return false;
        }

        var delay = Backoff.Delay(_retries, _settings.Retry.BaseDelay, _settings.Retry.MaxDelay, Random.Shared.NextDouble());
        Delay = (failure as IHasRetryAfter)?.RetryAfter is { } asked && asked > delay ? asked : delay;
        if (Delay >= Left || MetBy is not { } met)
        {
            return false;
        }

        var earning = Slot.Live ?? met;
        if (!Slot.RetryBudget.TryTake(earning.Number, earning.Calls.All))
        {
            return false;
        }

        _retries++;
        met.AttemptFailed(Plan, failure);
        return true;
    }

    /// <summary>What an attempt on a canary, or on a version that was replaced meanwhile, failed with may pass on the live one.</summary>
    /// <returns>Null when it says nothing against that version: the live one would do no better.</returns>
    private static bool? WasSentToAnother(PluginRuntimeException failure) => AttemptEnds.Of(failure) is AttemptEnd.Fault or AttemptEnd.Defect
        ? failure is OutputInvalidException or ConnectorFailedException { WasSent: true }
        : null;

    private static Call Take()
    {
        if (_mine is { } mine)
        {
            _mine = null;
            return mine;
        }

        if (_spares.TryDequeue(out var spare))
        {
            Interlocked.Decrement(ref _spareCount);
            return spare;
        }

        return new();
    }
}
