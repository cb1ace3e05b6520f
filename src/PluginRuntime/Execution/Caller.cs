using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Execution;

/// <summary>
/// Carries a call to the live generation of an instance and back: attempts one after the other, as many as the failures, the deadline and
/// the retry budget allow.
/// </summary>
/// <remarks>
/// An attempt sees one version. One that waits for a connection when its generation's gate closes leaves it and goes on with the live
/// generation, within the time and the attempts it has left.
/// </remarks>
internal sealed class Caller
{
    private readonly TimeProvider _timeProvider;
    private readonly CallTelemetry _telemetry;
    private readonly Attempts _attempts;

    /// <param name="timeProvider">The clock.</param>
    /// <param name="telemetry">Measures calls; null when nobody wants to know.</param>
    internal Caller(TimeProvider timeProvider, CallTelemetry? telemetry = null)
    {
        _timeProvider = timeProvider;
        _telemetry = telemetry ?? new(null);
        _attempts = new(timeProvider, _telemetry);
    }

    /// <param name="slot">The instance.</param>
    /// <param name="action">The id of one of its actions.</param>
    /// <param name="input">UTF-8 JSON. Must stay unchanged until the task ends, and after that if the call failed by its deadline.</param>
    /// <param name="output">Gets the UTF-8 JSON of the result, and nothing when the call fails.</param>
    /// <param name="options">What the caller says of this call.</param>
    /// <param name="cancellationToken">The caller gives up.</param>
    /// <exception cref="PluginRuntimeException">The call failed; see the types under it.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal ValueTask InvokeAsync(
        InstanceSlot slot,
        string action,
        ReadOnlyMemory<byte> input,
        IBufferWriter<byte> output,
        CallOptions? options,
        CancellationToken cancellationToken)
    {
        if (slot.Live is not { Settings: var settings } live)
        {
            var refusal = slot.Refusal();
            _telemetry.Refused(slot, action, refusal);
            return ValueTask.FromException(refusal);
        }

        var (timeout, stamps) = options?.Timeout is { } asked && asked < settings.Timeout
            ? (asked, Timestamps.Of(asked, _timeProvider))
            : (settings.Timeout, live.TimeoutStamps);
        var call = Call.Begin(slot, action, input, output, settings, timeout, stamps, _timeProvider);
        if (CallTelemetry.IsTraced)
        {
            return TraceAsync(call, cancellationToken);
        }

        // A first attempt that has succeeded by now is all of most calls: they pay for no state machine here.
        var first = _attempts.RunAsync(call, cancellationToken);
        if (!first.IsCompletedSuccessfully)
        {
            return GoOnAsync(call, first, cancellationToken);
        }

        return first.Result is { } failure ? GoOnAsync(call, new(failure), cancellationToken) : End(call);
    }

    /// <summary>Gives out a connection of the live generation, which cannot be retired while it is out.</summary>
    /// <exception cref="InstanceUnavailableException">None is live.</exception>
    /// <exception cref="PoolExhaustedException">No connection came free in time.</exception>
    internal static async ValueTask<(Generation Generation, int Stripe, Rental Rental)> RentAsync(InstanceSlot slot, CancellationToken cancellationToken)
    {
        // Nothing bounds how long the borrower keeps it, so that it pays to know who it is.
        var borrower = new StackTrace(fNeedFileInfo: false);
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
                rental = await generation.Pool.RentAsync(borrower, cancellationToken).ConfigureAwait(false);
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
    internal static void GiveBack(Generation generation, int stripe, Rental rental, LeaseEnd end)
    {
        switch (end)
        {
            case LeaseEnd.Returned:
                generation.Pool.Return(rental);
                break;
            case LeaseEnd.Discarded:
                generation.Pool.Drop(rental);
                break;
            default:
                generation.Pool.Abandon(rental);
                break;
        }

        generation.Gate.Exit(stripe);
    }

    /// <summary>All of a call, in a method of its own: its end takes the call's span from the caller's flow.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TraceAsync(Call call, CancellationToken cancellationToken)
    {
        using var span = CallTelemetry.Start(call);
        await GoOnAsync(call, _attempts.RunAsync(call, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <param name="call">Is recycled in the end.</param>
    /// <param name="attempt">Its first attempt, that runs.</param>
    /// <param name="cancellationToken">The caller gives up.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask GoOnAsync(Call call, ValueTask<PluginRuntimeException?> attempt, CancellationToken cancellationToken)
    {
        try
        {
            PluginRuntimeException? before = null;
            while (await attempt.ConfigureAwait(false) is { } failure)
            {
                if (failure is BreakerOpenException && before is not null)
                {
                    // The breaker opened meanwhile. What the attempt before met says more.
                    Fail(call, before);
                }

                if (!call.MayRenew())
                {
                    if (!call.MayRetry(failure))
                    {
                        Fail(call, failure);
                    }

                    before = failure;
                    await Task.Delay(call.Delay, _timeProvider, cancellationToken).ConfigureAwait(false);
                }

                attempt = _attempts.RunAsync(call, cancellationToken);
            }

            Succeed(call);
        }
        catch (Exception failure) when (_telemetry.Failed(call, failure))
        {
            throw;
        }
        finally
        {
            call.Recycle();
        }
    }

    // Apart, and never inlined: what catches costs the method that it stands in.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ValueTask End(Call call)
    {
        try
        {
            Succeed(call);
            return default;
        }
        catch (Exception exception)
        {
            // A listener's, of somebody who measures: it goes the way of all failures, by the task.
            _telemetry.Failed(call, exception);
            return ValueTask.FromException(exception);
        }
        finally
        {
            call.Recycle();
        }
    }

    private void Succeed(Call call)
    {
        var elapsed = call.Elapsed;
        call.Plan!.Counts.Succeeded(elapsed);
        _telemetry.Succeeded(call, elapsed);
    }

    [DoesNotReturn]
    private static void Fail(Call call, PluginRuntimeException failure)
    {
        call.MetBy?.CallFailed(call.Plan, failure);
        throw failure;
    }
}
