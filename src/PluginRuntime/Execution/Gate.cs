using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace PluginRuntime.Execution;

/// <summary>
/// Counts the attempts that run on a generation and lets none in once it is closed. Entering costs one interlocked increment on a counter
/// of this processor's own (counters are striped and padded so that processors do not fight over one cache line).
/// </summary>
internal sealed class Gate
{
    private readonly Stripe[] _stripes;
    private readonly int _mask;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _isClosed;

    internal Gate(int stripes)
    {
        var count = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(stripes, 1, 64));
        _stripes = new Stripe[count];
        _mask = count - 1;
    }

    internal Gate()
        : this(Environment.ProcessorCount)
    {
    }

    internal bool IsClosed => Volatile.Read(ref _isClosed) != 0;

    /// <summary>Completes when the gate is closed and the last attempt has left.</summary>
    internal Task Drained => _drained.Task;

    /// <summary>The attempts inside. Exact only when nothing moves.</summary>
    internal long Inside
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

    /// <summary>Enters, or says that the gate is closed: then the caller reads the live generation again.</summary>
    /// <param name="stripe">What <see cref="Exit"/> has to be given.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal bool TryEnter(out int stripe)
    {
        stripe = Thread.GetCurrentProcessorId() & _mask;

        // Meets Close: the increment is a full fence before the read of the flag, Close's write is one before its sum. So either this
        // attempt sees the flag and leaves, or Close (or the Exit that comes last) sees its count and waits for it.
        Interlocked.Increment(ref _stripes[stripe].Count);
        if (Volatile.Read(ref _isClosed) == 0)
        {
            return true;
        }

        Exit(stripe);
        return false;
    }

    /// <summary>Leaves, on whatever thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Exit(int stripe)
    {
        Interlocked.Decrement(ref _stripes[stripe].Count);
        if (Volatile.Read(ref _isClosed) != 0)
        {
            CompleteIfEmpty();
        }
    }

    /// <summary>Lets nobody in from here on.</summary>
    internal void Close()
    {
        Interlocked.Exchange(ref _isClosed, 1);
        CompleteIfEmpty();
    }

    // One pass is enough: after the flag is set a stripe only rises for an enter that is about to fall back again, and that enter's Exit
    // makes a pass of its own. An attempt that is really inside keeps its own stripe above zero (it leaves by the stripe it came in).
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CompleteIfEmpty()
    {
        foreach (ref readonly var stripe in _stripes.AsSpan())
        {
            if (Volatile.Read(in stripe.Count) != 0)
            {
                return;
            }
        }

        _drained.TrySetResult();
    }

    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Stripe
    {
        [FieldOffset(64)]
        internal long Count;
    }
}
