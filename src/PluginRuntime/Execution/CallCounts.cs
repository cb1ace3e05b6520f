using System.Runtime.InteropServices;

namespace PluginRuntime.Execution;

/// <summary>How the calls of a generation ended. Striped like the gate's counters: counting must not make processors fight.</summary>
internal sealed class CallCounts
{
    private readonly Stripe[] _stripes = new Stripe[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount, 1, 64))];

    internal void Succeeded() => Interlocked.Increment(ref Mine().Succeeded);

    internal void Failed() => Interlocked.Increment(ref Mine().Failed);

    /// <summary>The calls that have ended. Exact only when nothing moves.</summary>
    internal CallTotals Read()
    {
        long succeeded = 0;
        long failed = 0;
        foreach (ref readonly var stripe in _stripes.AsSpan())
        {
            succeeded += Volatile.Read(in stripe.Succeeded);
            failed += Volatile.Read(in stripe.Failed);
        }

        return new(succeeded, failed);
    }

    private ref Stripe Mine() => ref _stripes[Thread.GetCurrentProcessorId() & (_stripes.Length - 1)];

    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stripe
    {
        [FieldOffset(64)]
        internal long Succeeded;

        [FieldOffset(72)]
        internal long Failed;
    }
}

/// <summary>Calls that have ended.</summary>
/// <param name="Succeeded">Those with a result.</param>
/// <param name="Failed">Those with a failure; a caller that gave up is in neither.</param>
internal readonly record struct CallTotals(long Succeeded, long Failed)
{
    internal long All => Succeeded + Failed;

    /// <summary>The share of failures, 0 to 1; 0 when there were no calls.</summary>
    internal double ErrorRate => All == 0 ? 0 : (double)Failed / All;

    public static CallTotals operator -(CallTotals left, CallTotals right) => new(left.Succeeded - right.Succeeded, left.Failed - right.Failed);
}
