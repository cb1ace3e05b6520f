using System.Runtime.InteropServices;

namespace PluginRuntime.Diagnostics;

/// <summary>Counts up from any thread. Striped and padded, so that processors do not fight over one cache line.</summary>
internal sealed class StripedCounter
{
    private readonly Stripe[] _stripes = new Stripe[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(Environment.ProcessorCount, 1, 64))];

    /// <summary>Exact only when nothing moves.</summary>
    internal long Value
    {
        get
        {
            long sum = 0;
            foreach (ref readonly var stripe in _stripes.AsSpan())
            {
                sum += Volatile.Read(in stripe.Count);
            }

            return sum;
        }
    }

    internal void Increment() => Interlocked.Increment(ref _stripes[Thread.GetCurrentProcessorId() & (_stripes.Length - 1)].Count);

    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stripe
    {
        [FieldOffset(64)]
        internal long Count;
    }
}
