using System.Text.Json;
using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Execution;

/// <summary>
/// Runs one attempt of a call: gate, input check, breaker, connection, border, output check. What it finds out about the outside system
/// goes to the breaker and to whoever watches the instance.
/// </summary>
internal sealed class Attempts(TimeProvider timeProvider, CallTelemetry telemetry)
{
    /// <returns>What the attempt failed with; null when the call's output holds its result.</returns>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
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
                var (hasEnded, failure) = await RunOnAsync(generation, call, cancellationToken).ConfigureAwait(false);
                if (hasEnded)
                {
                    return failure;
                }
            }
            finally
            {
                generation.Gate.Exit(stripe);
            }

            // The pool was closed while this attempt waited in it: on with the live generation.
        }

        call.MetBy = null;
        return new InstanceUnavailableException(call.Slot.Name, call.Slot.Reason);
    }

    /// <returns>Not ended when the generation's pool was closed before there was a connection.</returns>
    private async ValueTask<(bool HasEnded, PluginRuntimeException? Failure)> RunOnAsync(
        Generation generation, Call call, CancellationToken cancellationToken)
    {
        if (!generation.Actions.TryGetValue(call.Action, out var action))
        {
            return (true, new ActionUnknownException(call.Slot.Name, call.Action, generation.Actions.Keys));
        }

        call.Plan = action;
        if (call.ValidatedBy != generation)
        {
            if (action.Input is { } schema && schema.Validate(call.Input) is { Count: > 0 } errors)
            {
                return (true, new InputInvalidException(call.Slot.Name, call.Action, errors));
            }

            call.ValidatedBy = generation;
        }

        call.IsIdempotent = action.IsIdempotent;
        var left = call.Left;
        if (left <= TimeSpan.Zero)
        {
            return (true, DeadlinePassed(call, wasSent: false));
        }

        if (!generation.Breaker.TryEnter(out var retryAfter))
        {
            return (true, new BreakerOpenException(call.Slot.Name, retryAfter));
        }

        using var watched = telemetry.StartAttempt(generation, action, ++call.Attempts);
        var limit = left < action.AttemptTimeout ? left : action.AttemptTimeout;
        var judged = false;
        var token = generation.Credential.Version;
        try
        {
            using var attempt = new CancellationTokenSource(limit, timeProvider);
            using var outer = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), attempt);
            using var late = generation.LateAttempts.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), attempt);
            var (rental, failure) = await RentAsync(generation, call, action, left, attempt.Token, cancellationToken).ConfigureAwait(false);
            if (rental is { } rented)
            {
                watched.Rented();
                failure = await InvokeAsync(generation, rented, call, action, left, attempt.Token, cancellationToken).ConfigureAwait(false);
                judged = Judge(generation, call, failure, token);
                watched.End(failure);
                return (true, failure);
            }

            if (failure is null)
            {
                // No attempt yet: it goes on with the live generation.
                call.Attempts--;
                return (false, null);
            }

            judged = failure is ConnectorFailedException && Judge(generation, call, failure, token);
            watched.End(failure);
            return (true, failure);
        }
        finally
        {
            if (!judged)
            {
                generation.Breaker.Abstain();
            }
        }
    }

    private static async ValueTask<(Rental? Rental, PluginRuntimeException? Failure)> RentAsync(
        Generation generation, Call call, ActionPlan action, TimeSpan left, CancellationToken attempt, CancellationToken outer)
    {
        try
        {
            return (await generation.Pool.RentAsync(action.Id, attempt).ConfigureAwait(false), null);
        }
        catch (OperationCanceledException)
        {
            return (null, Cancelled(generation, call, action, left, wasSent: false, outer));
        }
        catch (PluginRuntimeException failure)
        {
            return (null, failure);
        }
    }

    private static async ValueTask<PluginRuntimeException?> InvokeAsync(
        Generation generation, Rental rental, Call call, ActionPlan action, TimeSpan left, CancellationToken attempt, CancellationToken outer)
    {
        call.Output.Clear();
        var failure = await generation.Border.InvokeAsync(rental.Connection, action.Id, call.Input, call.Output, attempt).ConfigureAwait(false);
        if (failure is null)
        {
            generation.Pool.Return(rental);
            return Check(call, action) is { Count: > 0 } errors ? OutputInvalidException.Mismatch(call.Slot.Name, action.Id, errors) : null;
        }

        if (failure.IsUncertain)
        {
            generation.Pool.Drop(rental);
        }
        else
        {
            generation.Pool.Return(rental);
        }

        if (failure.IsAbandoned)
        {
            call.ReplaceOutput();
        }

        return failure.Cause ?? Cancelled(generation, call, action, left, wasSent: true, outer);
    }

    /// <summary>Tells breaker and watchers what an attempt found out about the outside system.</summary>
    /// <returns>False when it found out nothing: the connector is at fault, or the caller left it too little time.</returns>
    private static bool Judge(Generation generation, Call call, PluginRuntimeException? failure, long token)
    {
        // A token that was replaced during the attempt is not dropped for the one that was refused.
        call.MayHaveAnotherToken = failure is ConnectorFailedException { Kind: Sdk.ConnectorErrorKind.Auth, WasSent: false } && generation.Credential.TryDrop(token);
        switch (failure)
        {
            case ConnectorFailedException { Kind: Sdk.ConnectorErrorKind.Unavailable or Sdk.ConnectorErrorKind.Timeout }:
            case DeadlineExceededException when !call.IsTightened && !generation.LateAttempts.IsCancellationRequested:
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

    private static IReadOnlyList<ValidationError> Check(Call call, ActionPlan action)
    {
        if (action.Output is { } schema)
        {
            return schema.Validate(call.Output.Written);
        }

        try
        {
            var reader = new Utf8JsonReader(call.Output.Written.Span);
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

    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    private static DeadlineExceededException Cancelled(
        Generation generation, Call call, ActionPlan action, TimeSpan left, bool wasSent, CancellationToken outer)
    {
        outer.ThrowIfCancellationRequested();
        if (generation.LateAttempts.IsCancellationRequested)
        {
            return new(
                $"An attempt of '{action.Id}' on '{call.Slot.Name}' was cancelled because version {generation.Identity.Version} was retired and its drain timeout had passed.",
                wasSent);
        }

        return left <= action.AttemptTimeout
            ? DeadlinePassed(call, wasSent)
            : new($"An attempt of '{action.Id}' on '{call.Slot.Name}' took longer than its attempt timeout of {action.AttemptTimeout.TotalSeconds:0.###} s.", wasSent);
    }

    private static DeadlineExceededException DeadlinePassed(Call call, bool wasSent) =>
        new($"The call of '{call.Action}' on '{call.Slot.Name}' did not end within {call.Timeout.TotalSeconds:0.###} s.", wasSent);
}
