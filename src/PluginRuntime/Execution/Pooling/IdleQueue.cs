using System.Numerics;

namespace PluginRuntime.Execution.Pooling;

/// <summary>
/// The connections that nobody has, least recently used first, in a ring: so that renting one touches no other. Guarded by the pool's
/// lock; a field of the pool, not to be copied.
/// </summary>
/// <param name="size">The most there will be at a time.</param>
internal struct IdleQueue(int size)
{
    private readonly PooledConnection?[] _ring = new PooledConnection?[BitOperations.RoundUpToPowerOf2((uint)size)];

    // How many have come and gone, wrapping round: renting writes one of them, returning the other.
    private int _added;
    private int _removed;

    public readonly int Count => _added - _removed;

    /// <summary>The least recently used one; null when there is none.</summary>
    public readonly PooledConnection? First
    {
        get
        {
            var ring = _ring;
            return ring[_removed & (ring.Length - 1)];
        }
    }

    public void Add(PooledConnection entry)
    {
        var ring = _ring;
        ring[_added++ & (ring.Length - 1)] = entry;
    }

    /// <summary>Takes out <see cref="First"/>, which must be there.</summary>
    public void RemoveFirst()
    {
        // What was closed must not be kept alive from here.
        var ring = _ring;
        ring[_removed++ & (ring.Length - 1)] = null;
    }
}
