namespace PluginRuntime.Execution.Pooling;

/// <summary>The fewest idle connections at any moment of the last ten slots of time: so many were not needed.</summary>
internal sealed class IdleWindow
{
    /// <summary>How many slots the idle timeout is cut into.</summary>
    public const int Slots = 10;

    // Zeros to begin with: until a whole window has passed nothing counts as not needed.
    private readonly int[] _lows = new int[Slots];
    private int _slot;
    private int _low;

    /// <summary>To be called whenever the count has fallen.</summary>
    public void Observe(int idle)
    {
        if (idle < _low)
        {
            _low = idle;
        }
    }

    /// <summary>Ends a slot of time and returns the fewest idle connections in the ten slots that ended last.</summary>
    public int EndSlot(int idle)
    {
        _lows[_slot] = _low;
        _slot = (_slot + 1) % Slots;
        _low = idle;
        return _lows.Min();
    }

    /// <summary>This many of the connections that were not needed are no longer there.</summary>
    public void Forget(int closed)
    {
        _low = Math.Max(0, _low - closed);
        for (var i = 0; i < Slots; i++)
        {
            _lows[i] = Math.Max(0, _lows[i] - closed);
        }
    }
}
