using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Execution;

/// <summary>
/// Runs one attempt of a call: gate, input check, breaker, connection, border, output check. What it finds out about the outside system
/// goes to the breaker and to whoever watches the instance.
/// </summary>
/// <remarks>Its state machines are pooled, and it reads the clock once at most: an attempt that succeeds allocates nothing.</remarks>
internal sealed class Attempts(TimeProvider timeProvider, CallTelemetry telemetry)
{
    /// <returns>What the attempt failed with; null when the call's output holds its result.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<PluginRuntimeException?> RunAsync(Call call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        while (call.Slot.Choose(call.Action, isFirst: call.Attempts == 0) is { } generation)
        {
            if (!generation.Gate.TryEnter(out var stripe))
            {
                // Meets a swap: publishing comes before closing, so the next read finds another generation, or none.
                continue;
            }

            (call.MetBy, call.Plan, call.MayHaveAnotherToken) = (generation, null, false);
            try
            {
                var now = call.BeginAttempt();
                if (Refuse(generation, call, now, out var action) is { } refusal)
                {
                    return refusal;
                }

                var attempt = new Attempt(generation, call, action, Math.Min(call.Deadline, now + action.AttemptStamps), generation.Credential.Version);
                using var watched = telemetry.StartAttempt(generation, action, ++call.Attempts);
                var isJudged = false;
                try
                {
                    // Taken without awaiting where it is there already, here and below: awaiting copies it once more.
                    var renting = RentAsync(attempt, now, cancellationToken);
                    var (rental, failure) = renting.IsCompletedSuccessfully ? renting.Result : await renting.ConfigureAwait(false);
                    if (rental is { } rented)
                    {
                        watched.Rented();
                        var connection = (OpenConnection)rented.Connection;
                        var running = generation.Border.InvokeAsync(connection, action.Id, call.Input, attempt.Deadline, cancellationToken);
                        var end = running.IsCompletedSuccessfully ? running.Result : await running.ConfigureAwait(false);
                        failure = Finish(attempt, rented, connection, end, cancellationToken);
                        isJudged = Judge(attempt, failure);
                    }
                    else if (failure is not null)
                    {
                        isJudged = failure is ConnectorFailedException && Judge(attempt, failure);
                    }
                    else
                    {
                        // The pool was closed while this attempt waited in it: no attempt yet, on with the live generation.
                        call.Attempts--;
                        continue;
                    }

                    watched.End(failure);
                    return failure;
                }
                finally
                {
                    if (!isJudged)
                    {
                        generation.Breaker.Abstain();
                    }
                }
            }
            finally
            {
                generation.Gate.Exit(stripe);
            }
        }

        call.MetBy = null;
        return new InstanceUnavailableException(call.Slot.Name, call.Slot.Reason);
    }

    /// <summary>Whether the attempt may not even begin. When it may, it has entered the breaker.</summary>
    private static PluginRuntimeException? Refuse(Generation generation, Call call, long now, out ActionPlan action)
    {
        if (!generation.Actions.TryGetValue(call.Action, out action!))
        {
            return new ActionUnknownException(call.Slot.Name, call.Action, generation.Actions.Keys);
        }

        if (call.ValidatedBy != generation)
        {
            if (action.Input is { } schema && schema.Validate(call.Input) is { Count: > 0 } errors)
            {
                return new InputInvalidException(call.Slot.Name, call.Action, errors);
            }

            call.ValidatedBy = generation;
        }

        call.Plan = action;
        if (now >= call.Deadline)
        {
            return Attempt.DeadlinePassed(call, wasSent: false);
        }

        return generation.Breaker.TryEnter(out var retryAfter) ? null : new BreakerOpenException(call.Slot.Name, retryAfter);
    }

    /// <returns>A connection; or what went wrong; or neither, when the pool was closed before there was one.</returns>
    private ValueTask<(Rental? Rental, PluginRuntimeException? Failure)> RentAsync(in Attempt attempt, long now, CancellationToken cancellationToken)
    {
        // The pool's own limit comes first, as a rule: then no timer is needed.
        var pool = attempt.Generation.Pool;
        if (timeProvider.GetElapsedTime(now, attempt.Deadline) < pool.AcquireTimeout)
        {
            return RentBeforeAsync(attempt, now, cancellationToken);
        }

        var renting = pool.RentAsync(attempt.Action.Id, cancellationToken);
        return renting.IsCompletedSuccessfully ? new((renting.Result, null)) : RentedAsync(attempt, renting, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(Rental? Rental, PluginRuntimeException? Failure)> RentBeforeAsync(Attempt attempt, long now, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(timeProvider.GetElapsedTime(now, attempt.Deadline), timeProvider);
        using var caller = cancellationToken.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), limit);
        return await RentedAsync(attempt, attempt.Generation.Pool.RentAsync(attempt.Action.Id, limit.Token), cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<(Rental? Rental, PluginRuntimeException? Failure)> RentedAsync(
        Attempt attempt, ValueTask<Rental?> renting, CancellationToken cancellationToken)
    {
        try
        {
            return (await renting.ConfigureAwait(false), null);
        }
        catch (OperationCanceledException)
        {
            return (null, attempt.Cancelled(wasSent: false, cancellationToken));
        }
        catch (PluginRuntimeException failure)
        {
            return (null, failure);
        }
    }

    /// <summary>Takes the result, and gives the connection back or drops it.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    private static PluginRuntimeException? Finish(
        in Attempt attempt, Rental rental, OpenConnection connection, AttemptFailure? end, CancellationToken cancellationToken)
    {
        var (pool, call) = (attempt.Generation.Pool, attempt.Call);
        if (end is { IsUncertain: true })
        {
            pool.Drop(rental);
            return end.Cause ?? attempt.Cancelled(end.HasBegun, cancellationToken);
        }

        try
        {
            if (end is not null)
            {
                return end.Cause;
            }

            var output = connection.Output.Written;
            if (Check(attempt.Action, output) is { Count: > 0 } errors)
            {
                return OutputInvalidException.Mismatch(call.Slot.Name, attempt.Action.Id, errors);
            }

            call.Output.Write(output.Span);
            return null;
        }
        finally
        {
            connection.Output.Clear();
            pool.Return(rental);
        }
    }

    /// <summary>Tells breaker and watchers what an attempt found out about the outside system.</summary>
    /// <returns>False when it found out nothing: the connector is at fault, or the caller left it too little time.</returns>
    private static bool Judge(in Attempt attempt, PluginRuntimeException? failure)
    {
        // A token that was replaced during the attempt is not dropped for the one that was refused.
        var (generation, call) = (attempt.Generation, attempt.Call);
        call.MayHaveAnotherToken =
            failure is ConnectorFailedException { Kind: Sdk.ConnectorErrorKind.Auth, WasSent: false } && generation.Credential.TryDrop(attempt.TokenVersion);
        switch (failure)
        {
            case ConnectorFailedException { Kind: Sdk.ConnectorErrorKind.Unavailable or Sdk.ConnectorErrorKind.Timeout }:
            case DeadlineExceededException when !call.IsTightened && !generation.Border.IsLate:
                generation.Breaker.Fail();
                generation.Outcomes.Unreachable(generation, failure);
                return true;
            case ConnectorFailedException { Kind: Sdk.ConnectorErrorKind.Bug }:
            case DeadlineExceededException:
                return false;
            default:
                generation.Breaker.Succeed();
                generation.Outcomes.Answered(generation);
                return true;
        }
    }

    private static IReadOnlyList<ValidationError> Check(ActionPlan action, ReadOnlyMemory<byte> output)
    {
        if (action.Output is { } schema)
        {
            return schema.Validate(output);
        }

        try
        {
            var reader = new Utf8JsonReader(output.Span);
            while (reader.Read())
            {
            }

            return [];
        }
        catch (JsonException exception)
        {
            return [new("", "json.invalid", $"It is no JSON at line {exception.LineNumber}, byte {exception.BytePositionInLine}.")];
        }
    }
}
