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

            try
            {
                if (Refuse(call, generation) is { } refusal)
                {
                    return refusal;
                }

                telemetry.StartAttempt(call);
                var isJudged = false;
                try
                {
                    // Taken without awaiting where it is there already, here and below: awaiting copies it once more.
                    var renting = RentAsync(call, generation.Pool, cancellationToken);
                    var rental = renting.IsCompletedSuccessfully ? renting.Result : await renting.ConfigureAwait(false);
                    PluginRuntimeException? failure;
                    if (rental is { } rented)
                    {
                        call.AttemptSpan?.AddEvent(new("connection.rented"));
                        var running = generation.Border.InvokeAsync(
                            (OpenConnection)rented.Connection, call.Plan!.Id, call.Input, call.AttemptDeadline, cancellationToken);
                        var end = running.IsCompletedSuccessfully ? running.Result : await running.ConfigureAwait(false);
                        failure = Finish(call, rented, end, cancellationToken);
                        isJudged = Judge(call, failure);
                    }
                    else if (call.RentFailure is { } why)
                    {
                        failure = why;
                        isJudged = failure is ConnectorFailedException && Judge(call, failure);
                    }
                    else
                    {
                        // The pool was closed while this attempt waited in it: no attempt yet, on with the live generation.
                        call.Attempts--;
                        continue;
                    }

                    if (failure is not null)
                    {
                        telemetry.AttemptFailed(call, failure);
                    }

                    return failure;
                }
                finally
                {
                    if (call.AttemptSpan is { } span)
                    {
                        span.Dispose();
                        call.AttemptSpan = null;
                    }

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
        return call.Slot.Refusal();
    }

    /// <summary>Whether the attempt may not even begin. When it may, it has entered the breaker.</summary>
    private static PluginRuntimeException? Refuse(Call call, Generation generation)
    {
        var now = call.Meet(generation);
        if (!generation.Actions.TryGetValue(call.Action, out var action))
        {
            return new ActionUnknownException(call.Slot.Name, call.Action, generation.Actions.Keys);
        }

        call.Plan = action;
        if (call.ValidatedBy != generation)
        {
            if (action.Input is { } schema && schema.Validate(call.Input) is { Count: > 0 } errors)
            {
                return new InputInvalidException(call.Slot.Name, call.Action, errors);
            }

            call.ValidatedBy = generation;
        }

        if (now >= call.Deadline)
        {
            return call.DeadlinePassed(wasSent: false);
        }

        if (!generation.Breaker.TryEnter(out var retryAfter))
        {
            return new BreakerOpenException(call.Slot.Name, retryAfter);
        }

        call.BeginAttempt(action, now);
        return null;
    }

    /// <returns>A connection; null when it failed, as the call says, or when the pool was closed before there was one.</returns>
    private ValueTask<Rental?> RentAsync(Call call, ConnectionPool pool, CancellationToken cancellationToken)
    {
        call.RentFailure = null;
        if (call.AttemptStamps < call.MetBy!.AcquireStamps)
        {
            return RentBeforeAsync(call, pool, cancellationToken);
        }

        // The pool's own limit comes first, as a rule: then no timer is needed.
        var renting = pool.RentAsync(call.Plan!.Id, cancellationToken);
        return renting.IsCompletedSuccessfully ? renting : RentedAsync(call, renting, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Rental?> RentBeforeAsync(Call call, ConnectionPool pool, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(call.AttemptTime, timeProvider);
        using var caller = cancellationToken.UnsafeRegister(static limit => ((CancellationTokenSource)limit!).Cancel(), limit);
        return await RentedAsync(call, pool.RentAsync(call.Plan!.Id, limit.Token), cancellationToken).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<Rental?> RentedAsync(Call call, ValueTask<Rental?> renting, CancellationToken cancellationToken)
    {
        try
        {
            return await renting.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            call.RentFailure = call.AttemptCancelled(wasSent: false, cancellationToken);
        }
        catch (PluginRuntimeException failure)
        {
            call.RentFailure = failure;
        }

        return null;
    }

    /// <summary>Takes the result, and gives the connection back or drops it.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    private static PluginRuntimeException? Finish(Call call, Rental rental, AttemptFailure? end, CancellationToken cancellationToken)
    {
        var pool = call.MetBy!.Pool;
        if (end is { IsUncertain: true })
        {
            pool.Drop(rental);
            return end.Cause ?? call.AttemptCancelled(end.HasBegun, cancellationToken);
        }

        var written = ((OpenConnection)rental.Connection).Output;
        try
        {
            if (end is not null)
            {
                return end.Cause;
            }

            if (Check(call.Plan!, written.Written) is { Count: > 0 } errors)
            {
                return OutputInvalidException.Mismatch(call.Slot.Name, call.Plan!.Id, errors);
            }

            call.Output.Write(written.Written.Span);
            return null;
        }
        finally
        {
            written.Clear();
            pool.Return(rental);
        }
    }

    /// <summary>Tells breaker and watchers what an attempt found out about the outside system.</summary>
    /// <returns>False when it found out nothing: the connector is at fault, or the caller left it too little time.</returns>
    private static bool Judge(Call call, PluginRuntimeException? failure)
    {
        var generation = call.MetBy!;
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
            case ConnectorFailedException { Kind: Sdk.ConnectorErrorKind.Auth, WasSent: false }:
                // A token that was replaced during the attempt is not dropped for the one that was refused.
                call.MayHaveAnotherToken = generation.Credential.TryDrop(call.TokenVersion);
                break;
        }

        generation.Breaker.Succeed();
        generation.Outcomes.Answered(generation);
        return true;
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
