using System.Buffers;
using System.Text.Json;
using PluginRuntime.Execution.Pooling;
using Polly;

namespace PluginRuntime.Execution;

/// <summary>
/// Carries a call to the live generation of an instance and back: gate, input check, pipeline, connection, border, output check.
/// </summary>
/// <remarks>
/// An attempt sees one version. One that waits for a connection when its generation's gate closes leaves it and goes on with the live
/// generation, within the time and the attempts it has left.
/// </remarks>
internal sealed class Caller(TimeProvider timeProvider, CallTelemetry? telemetry = null)
{
    private readonly CallTelemetry _telemetry = telemetry ?? new(null, timeProvider);

    /// <param name="slot">The instance.</param>
    /// <param name="action">The id of one of its actions.</param>
    /// <param name="input">UTF-8 JSON. Must stay unchanged until the task ends, and after that if the call failed by its deadline.</param>
    /// <param name="output">Gets the UTF-8 JSON of the result, and nothing when the call fails.</param>
    /// <param name="options">What the caller says of this call.</param>
    /// <param name="cancellationToken">The caller gives up.</param>
    /// <exception cref="PluginRuntimeException">The call failed; see the types under it.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal async ValueTask InvokeAsync(
        InstanceSlot slot,
        string action,
        ReadOnlyMemory<byte> input,
        IBufferWriter<byte> output,
        CallOptions? options,
        CancellationToken cancellationToken)
    {
        using var watched = _telemetry.Start(slot, action);
        var generation = slot.Live ?? throw Refuse(new InstanceUnavailableException(slot.Name, slot.Reason), watched);
        var settings = generation.Settings;
        var timeout = options?.Timeout is { } asked && asked < settings.Timeout ? asked : settings.Timeout;
        if (timeout <= TimeSpan.Zero)
        {
            // To the pipeline this would mean no deadline at all.
            throw Refuse(new DeadlineExceededException($"The call of '{action}' on '{slot.Name}' had no time left when it began.", wasSent: false), watched);
        }

        var call = new Call(slot, action, input, settings, timeout, timeProvider);
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            context.Properties.Set(CallPipeline.CallKey, call);
            var outcome = await generation.Pipeline.ExecuteOutcomeAsync(
                static (context, state) => state.Caller.AttemptAsync(context, state.Call), context, (Caller: this, Call: call)).ConfigureAwait(false);
            if (outcome.Exception is { } failure)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw Explain(call, failure);
            }

            output.Write(call.Output.Written.Span);
            watched.Succeed();
        }
        catch (Exception failure) when (watched.Fail(failure))
        {
            throw;
        }
        finally
        {
            call.Output.Dispose();
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Gives out a connection of the live generation, which cannot be retired while it is out.</summary>
    /// <exception cref="InstanceUnavailableException">None is live.</exception>
    /// <exception cref="PoolExhaustedException">No connection came free in time.</exception>
    internal static async ValueTask<(Generation Generation, int Stripe, Rental Rental)> RentAsync(InstanceSlot slot, CancellationToken cancellationToken)
    {
        while (true)
        {
            var generation = slot.LiveOrThrow();
            if (!generation.Gate.TryEnter(out var stripe))
            {
                continue;
            }

            Rental? rental = null;
            try
            {
                rental = await generation.Pool.RentAsync(cancellationToken).ConfigureAwait(false);
                if (rental is { } rented)
                {
                    return (generation, stripe, rented);
                }
            }
            finally
            {
                if (rental is null)
                {
                    generation.Gate.Exit(stripe);
                }
            }
        }
    }

    /// <summary>Takes back what <see cref="RentAsync"/> gave out.</summary>
    internal static void GiveBack(Generation generation, int stripe, Rental rental, bool isGood)
    {
        if (isGood)
        {
            generation.Pool.Return(rental);
        }
        else
        {
            generation.Pool.Drop(rental);
        }

        generation.Gate.Exit(stripe);
    }

    private async ValueTask<Outcome<bool>> AttemptAsync(ResilienceContext context, Call call)
    {
        var generation = call.Slot.Live;
        while (generation is not null)
        {
            if (!generation.Gate.TryEnter(out var stripe))
            {
                // Meets a swap: publishing comes before closing, so the next read finds another generation, or none.
                generation = call.Slot.Live;
                continue;
            }

            try
            {
                if (await AttemptOnAsync(generation, call, context.CancellationToken).ConfigureAwait(false) is { } outcome)
                {
                    return outcome;
                }
            }
            finally
            {
                generation.Gate.Exit(stripe);
            }

            // The pool was closed while this attempt waited in it: on with the live generation.
            generation = call.Slot.Live;
        }

        return Outcome.FromException<bool>(new InstanceUnavailableException(call.Slot.Name, call.Slot.Reason));
    }

    private async ValueTask<Outcome<bool>?> AttemptOnAsync(Generation generation, Call call, CancellationToken cancellationToken)
    {
        if (!generation.Actions.TryGetValue(call.Action, out var action))
        {
            return Outcome.FromException<bool>(new ActionUnknownException(call.Slot.Name, call.Action, generation.Actions.Keys));
        }

        if (call.ValidatedBy != generation)
        {
            if (action.Input is { } schema && schema.Validate(call.Input) is { Count: > 0 } errors)
            {
                return Outcome.FromException<bool>(new InputInvalidException(call.Slot.Name, call.Action, errors));
            }

            call.ValidatedBy = generation;
        }

        call.IsIdempotent = action.IsIdempotent;
        using var watched = _telemetry.StartAttempt(generation, action, ++call.Attempts);
        using var attempt = new CancellationTokenSource(action.AttemptTimeout, timeProvider);
        using var outer = cancellationToken.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), attempt);
        using var late = generation.LateAttempts.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), attempt);
        Rental? rental;
        try
        {
            rental = await generation.Pool.RentAsync(attempt.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return watched.End(Cancelled(generation, call, action, wasSent: false, cancellationToken));
        }
        catch (PluginRuntimeException failure)
        {
            return watched.End(Outcome.FromException<bool>(failure));
        }

        if (rental is not { } rented)
        {
            // No attempt yet: it goes on with the live generation.
            call.Attempts--;
            return null;
        }

        watched.Rented();
        return watched.End(await InvokeOnAsync(generation, rented, call, action, attempt.Token, cancellationToken).ConfigureAwait(false));
    }

    private static async ValueTask<Outcome<bool>> InvokeOnAsync(
        Generation generation, Rental rental, Call call, ActionPlan action, CancellationToken attempt, CancellationToken outer)
    {
        call.Output.Clear();
        var failure = await generation.Border.InvokeAsync(rental.Connection, action.Id, call.Input, call.Output, attempt).ConfigureAwait(false);
        if (failure is null)
        {
            generation.Pool.Return(rental);
            return Check(call, action) is { Count: > 0 } errors
                ? Outcome.FromException<bool>(OutputInvalidException.Mismatch(call.Slot.Name, action.Id, errors))
                : Outcome.FromResult(true);
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

        return failure.Cause is { } cause
            ? Outcome.FromException<bool>(cause)
            : Cancelled(generation, call, action, wasSent: true, outer);
    }

    private static T Refuse<T>(T failure, CallTelemetry.CallScope watched)
        where T : PluginRuntimeException
    {
        watched.Fail(failure);
        return failure;
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

    private static Outcome<bool> Cancelled(
        Generation generation, Call call, ActionPlan action, bool wasSent, CancellationToken outer)
    {
        if (outer.IsCancellationRequested)
        {
            // The deadline, or the caller: the pipeline knows which.
            return Outcome.FromException<bool>(new OperationCanceledException(outer));
        }

        var why = generation.LateAttempts.IsCancellationRequested
            ? $"was cancelled because version {generation.Identity.Version} was retired and its drain timeout had passed"
            : $"took longer than its attempt timeout of {action.AttemptTimeout.TotalSeconds:0.###} s";
        return Outcome.FromException<bool>(
            new DeadlineExceededException($"An attempt of '{action.Id}' on '{call.Slot.Name}' {why}.", wasSent));
    }

    private static PluginRuntimeException Explain(Call call, Exception failure) => failure switch
    {
        PluginRuntimeException known => known,
        Polly.Timeout.TimeoutRejectedException or OperationCanceledException => new DeadlineExceededException(
            $"The call of '{call.Action}' on '{call.Slot.Name}' did not end within {call.Timeout.TotalSeconds:0.###} s.", wasSent: true),
        _ => throw new InvalidOperationException("An unexpected failure on the call path.", failure),
    };
}
