namespace PluginRuntime.Execution.Pooling;

/// <summary>The idle connection that a pool would give up first.</summary>
internal readonly record struct IdleSpare(SpareRank Rank, DateTimeOffset LastUsedAt) : IComparable<IdleSpare>
{
    /// <summary>The one to give up first is the lesser.</summary>
    public int CompareTo(IdleSpare other) => Rank != other.Rank ? Rank.CompareTo(other.Rank) : LastUsedAt.CompareTo(other.LastUsedAt);
}
