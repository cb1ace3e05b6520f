namespace PluginRuntime.Management;

/// <summary>
/// Which failures are worth a look at all the counts: each of the first ones, and then when there are a thirtieth more than at the last
/// look. A version that fails thousands of calls a second is found out as soon, and is not summed up as often.
/// </summary>
internal struct LookPace
{
    private int _failures;
    private int _next;

    /// <summary>One more failure.</summary>
    internal bool IsDue()
    {
        _failures++;
        if (_failures < _next)
        {
            return false;
        }

        _next = _failures + 1 + (_failures >> 5);
        return true;
    }
}
