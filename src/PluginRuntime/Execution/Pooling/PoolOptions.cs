namespace PluginRuntime.Execution.Pooling;

/// <summary>How many connections an instance keeps, and for how long.</summary>
public sealed record PoolOptions
{
    /// <summary>The most connections at a time. Default 10; 1 to 10,000.</summary>
    public int Size { get; init; } = 10;

    /// <summary>
    /// The most connections of all hosts that share a state together, divided over those that live; each has at least one. Takes the place of
    /// <see cref="Size"/>. Default null, each host has its own; 1 to 10,000.
    /// </summary>
    public int? ClusterSize { get; init; }

    /// <summary>
    /// How many connections are opened ahead and kept open. Default null, which is <see cref="Size"/>; 0 to <see cref="Size"/>.
    /// </summary>
    public int? Min { get; init; }

    /// <summary>How long a caller waits for a connection. Default 5 s; 1 ms to 1 day.</summary>
    public TimeSpan AcquireTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Connections beyond <see cref="Min"/> that were not needed for this long are closed. Default 10 min; 1 s to 30 days, or
    /// <see cref="Timeout.InfiniteTimeSpan"/> for never.
    /// </summary>
    /// <remarks>
    /// Callers get the least recently used connection, which keeps all of them fresh even when a few would do. So it is the
    /// fewest idle connections at any moment of this time that says how many were not needed, not the age of one.
    /// </remarks>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// How old a connection gets, at most; each one ends up to 10 % earlier, so that they do not all end at once. A call that has the
    /// connection by then keeps it to its end. Default 30 min; 1 s to 30 days, or <see cref="Timeout.InfiniteTimeSpan"/> for no limit.
    /// </summary>
    public TimeSpan MaxLifetime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>The part of one host, where the size is that of all.</summary>
    /// <param name="hosts">How many hosts live.</param>
    /// <param name="rank">How many of them come before this one.</param>
    internal PoolOptions Divided(int hosts, int rank)
    {
        if (ClusterSize is not { } all)
        {
            return this;
        }

        var size = Math.Max(1, (all / hosts) + (rank < all % hosts ? 1 : 0));
        return this with { Size = size, Min = Min is { } min ? Math.Min(min, size) : null };
    }

    /// <summary>Everything that is out of range, with pointers below <paramref name="pointer"/>.</summary>
    internal IReadOnlyList<ValidationError> Validate(string pointer)
    {
        List<ValidationError> errors = [];
        if (Size is < 1 or > 10_000)
        {
            Add("size", Size, "1 to 10000");
        }

        if (ClusterSize is < 1 or > 10_000)
        {
            Add("clusterSize", ClusterSize, "1 to 10000");
        }

        if (Min is { } min && (min < 0 || min > Size))
        {
            Add("min", min, $"0 to size, which is {Size},");
        }

        if (AcquireTimeout < TimeSpan.FromMilliseconds(1) || AcquireTimeout > TimeSpan.FromDays(1))
        {
            Add("acquireTimeout", AcquireTimeout, "1 ms to 1 day");
        }

        AddSpan("idleTimeout", IdleTimeout);
        AddSpan("maxLifetime", MaxLifetime);
        return errors;

        void AddSpan(string name, TimeSpan value)
        {
            if (value != Timeout.InfiniteTimeSpan && (value < TimeSpan.FromSeconds(1) || value > TimeSpan.FromDays(30)))
            {
                Add(name, value, "1 s to 30 days");
            }
        }

        void Add(string name, object value, string accepted) => errors.Add(
            new($"{pointer}/{name}", "value.out-of-range", $"{name} is {value}; {accepted} is accepted."));
    }
}
