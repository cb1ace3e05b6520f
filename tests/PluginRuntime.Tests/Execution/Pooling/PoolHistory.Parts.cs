using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>What a history is made of.</summary>
internal sealed partial class PoolHistory
{
    /// <summary>A pool, its instance's permits, and what was seen of it.</summary>
    private sealed class Member(string name, PoolOptions options, PoolPermits permits, ConnectionPool pool)
    {
        public string Name => name;

        public PoolOptions Options => options;

        public int Min => options.Min!.Value;

        public PoolPermits Permits => permits;

        public ConnectionPool Pool => pool;

        /// <summary>That of its last caller who had to queue, as far as it matters; 0 for none.</summary>
        public long LastPlace { get; set; }

        public IDisposable? Reservation { get; set; }

        public long Rents { get; set; }

        public long SpareRents { get; set; }

        public TimeSpan? StallsSince { get; set; }

        public TimeSpan RampEndsAt { get; set; }

        public long RampFrom { get; set; }

        /// <summary>Whether its openings may be held up, since they have failed lately.</summary>
        public bool IsPaced(TimeSpan now) => now <= RampEndsAt || pool.GetStatistics().LastOpenFailure is not null;
    }

    /// <summary>A caller with the pool's own result, which shows at once what was decided; a task made of it would lag behind.</summary>
    private sealed class Caller(
        Member member, string name, long place, TimeSpan since, CancellationTokenSource cancellation, ValueTask<Rental?> result)
    {
        public Member Member => member;

        public string Name => name;

        public long Place => place;

        public TimeSpan Since => since;

        public CancellationTokenSource Cancellation => cancellation;

        public bool IsDecided => result.IsCompleted;

        public Rental? TakeResult() => result.GetAwaiter().GetResult();
    }

    /// <param name="Member">Whose connection it is.</param>
    /// <param name="Rental">The rent.</param>
    /// <param name="Borrower">Null for a check.</param>
    /// <param name="Since">When it began.</param>
    private sealed record Rented(Member Member, Rental Rental, string? Borrower, TimeSpan Since)
    {
        public ConnectionPool Pool => Member.Pool;
    }

    /// <summary>Everything at one moment.</summary>
    private sealed record Look(
        long Unmet,
        long Empty,
        Dictionary<PoolPermits, (int Held, int Limit)> Permits,
        Dictionary<Member, PoolStatistics> Pools,
        Dictionary<Member, long> Awaited)
    {
        public bool HasRoom(Member member) => Permits.TryGetValue(member.Permits, out var permits) && permits.Held < permits.Limit;
    }
}
