using System.Runtime.CompilerServices;

namespace PluginRuntime.Execution.Pooling;

/// <summary>The connections that nobody has, least recently used first: a ring, so that renting one touches no other. Guarded by the pool's lock.</summary>
internal sealed class IdleQueue
{
    // Its length is a power of two, and Count is never above it.
    private PooledConnection?[] _ring = new PooledConnection?[16];
    private int _first;

    public int Count { get; private set; }

    /// <summary>The least recently used one; null when there is none.</summary>
    public PooledConnection? First => _ring[_first];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(PooledConnection entry)
    {
        var ring = _ring;
        if (Count == ring.Length)
        {
            ring = Grow();
        }

        ring[(_first + Count++) & (ring.Length - 1)] = entry;
    }

    /// <summary>Takes out <see cref="First"/>, which must be there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RemoveFirst()
    {
        // What was closed must not be kept alive from here.
        var ring = _ring;
        ring[_first] = null;
        _first = (_first + 1) & (ring.Length - 1);
        Count--;
    }

    private PooledConnection?[] Grow()
    {
        var larger = new PooledConnection?[_ring.Length * 2];
        for (var index = 0; index < Count; index++)
        {
            larger[index] = _ring[(_first + index) & (_ring.Length - 1)];
        }

        _first = 0;
        return _ring = larger;
    }
}
