namespace Fixtures.Bad.Part;

/// <summary>What a connector brings along.</summary>
public static class PrivatePart
{
    /// <summary>How long a good call waits.</summary>
    public static TimeSpan Wait => TimeSpan.FromMilliseconds(4);
}
