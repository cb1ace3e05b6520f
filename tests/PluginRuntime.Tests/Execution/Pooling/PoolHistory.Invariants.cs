using PluginRuntime.Execution;
using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>What must hold after each step.</summary>
internal sealed partial class PoolHistory
{
    private readonly HashSet<Member> _closed = [];

    /// <summary>Takes out the callers whose wait has ended. Nobody but one who cancelled ends before one who came earlier.</summary>
    private List<Caller> Collect(Caller? cancelled)
    {
        var served = new List<Caller>();
        foreach (var member in _pools)
        {
            var earlierWaits = false;
            foreach (var caller in _waiting.Where(caller => caller.Member == member).ToList())
            {
                if (!caller.IsDecided)
                {
                    Assert.NotSame(cancelled, caller);
                    Assert.True(caller.Since + member.Options.AcquireTimeout > _clock.Elapsed, "A caller waits beyond its time.");
                    earlierWaits = true;
                    continue;
                }

                _waiting.Remove(caller);
                Assert.True(!earlierWaits || caller == cancelled, "A caller was served before one who had come earlier.");
                if (Take(caller, cancelled))
                {
                    served.Add(caller);
                }
            }
        }

        return served;
    }

    private bool Take(Caller caller, Caller? cancelled)
    {
        try
        {
            if (caller.TakeResult() is { } rental)
            {
                Lend(caller.Member, rental, caller.Name);
                caller.Member.Rents++;
                return true;
            }

            Assert.Contains(caller.Member, _closed);
        }
        catch (OperationCanceledException error)
        {
            Assert.Same(cancelled, caller);
            Assert.Equal(caller.Cancellation.Token, error.CancellationToken);
        }
        catch (PoolExhaustedException)
        {
            Assert.NotSame(cancelled, caller);
            Assert.True(caller.Since + caller.Member.Options.AcquireTimeout <= _clock.Elapsed, "A caller was failed before its time.");
        }
        catch (ConnectorFailedException error)
        {
            var now = caller.Member.Pool.GetStatistics();
            Assert.Equal(("Refused.", true), (error.Message, now.OpenFailures > 0));
            Assert.True(now.Idle + now.InUse + now.Checking + now.Opening == 0, "A caller was failed though another connection could come.");
        }

        return false;
    }

    private void Lend(Member member, Rental rental, string? borrower)
    {
        Assert.DoesNotContain(rental.Connection, _rented.Select(other => other.Rental.Connection));
        Assert.Contains(rental.Connection, _source.Open);
        member.SpareRents += borrower is null ? 1 : 0;
        _rented.Add(new Rented(member, rental, borrower, _clock.Elapsed));
    }

    private Look See()
    {
        var pools = _pools.ToDictionary(member => member, member => member.Pool.GetStatistics());

        // The permit is for the first caller whom no opening or check under way serves.
        var awaited = pools.Where(pair => pair.Value.AwaitsPermit).ToDictionary(
            pair => pair.Key,
            pair => _waiting.Where(caller => caller.Member == pair.Key).ElementAt(pair.Value.Opening + pair.Value.Checking).Place);
        return new(
            _budget.UnmetPlace,
            _budget.EmptyPlace,
            _instances.ToDictionary(member => member.Permits, member => (member.Permits.Held, member.Permits.Limit)),
            pools,
            awaited);
    }

    private void AssertInvariants(Look before, Look after, List<Caller> served, TimeSpan? advanced)
    {
        AssertPermits(before, after);
        AssertOrderOfPermits(before, after);
        foreach (var (member, s) in after.Pools)
        {
            AssertPool(member, s, after);
            AssertPace(member, before.Pools.GetValueOrDefault(member), s);
            if (advanced >= TimeSpan.FromSeconds(1) && !_closed.Contains(member))
            {
                var isFilled = s.Total - s.Closing >= member.Min || s.Opening >= 4 || s.Total == s.Size || s is { Opened: 0, Opening: 1 };
                Assert.True(isFilled || member.IsPaced(_clock.Elapsed) || s.LastOpenFailure is not null || !member.Permits.HasRoom, "The minimum is not refilled.");
            }
        }

        foreach (var caller in served)
        {
            // Whoever has to be made room for, and had to before this step, goes before all who came later.
            var s = after.Pools[caller.Member];
            Assert.False(IsStill(before.Unmet, after.Unmet) && caller.Place > after.Unmet && Usable(s) > caller.Member.Min, "A younger caller of a pool above its minimum was served.");
            Assert.False(IsStill(before.Empty, after.Empty) && caller.Place > after.Empty, "A younger caller was served before one whose pool has nothing.");
        }

        var late = _rented.Where(rented => rented.Borrower is not null && _clock.Elapsed - rented.Since > _leakAfter + TimeSpan.FromSeconds(2));
        Assert.All(late, rented => Assert.Contains(rented.Borrower!, _reported));
    }

    private void AssertPermits(Look before, Look after)
    {
        foreach (var (permits, (held, limit)) in after.Permits)
        {
            Assert.Equal(after.Pools.Where(pair => pair.Key.Permits == permits).Sum(pair => pair.Value.Total), held);
            var (heldBefore, limitBefore) = before.Permits.GetValueOrDefault(permits, (0, limit));
            Assert.True(held <= Math.Max(heldBefore, Math.Max(limitBefore, limit)), $"{held} permits are held; {limit} is the limit.");
        }

        Assert.Equal(after.Pools.Values.Sum(s => s.Total), _budget.Held);
        Assert.Equal(after.Pools.Values.Sum(s => s.Closing), _budget.Leaving);
        Assert.True(_budget.Held <= (_budget.Limit ?? int.MaxValue), $"{_budget.Held} are held of {_budget.Limit}.");
    }

    /// <summary>A permit goes to the oldest caller, whichever instance he belongs to, as long as that has room.</summary>
    private static void AssertOrderOfPermits(Look before, Look after)
    {
        foreach (var (member, place) in before.Awaited)
        {
            var isGranted = after.Awaited.GetValueOrDefault(member) != place && Started(after.Pools[member]) > Started(before.Pools[member]);
            Assert.False(
                isGranted && after.Awaited.Any(other =>
                    other.Value < place && before.Awaited.GetValueOrDefault(other.Key) == other.Value && before.HasRoom(other.Key) && after.HasRoom(other.Key)),
                "A younger caller got a permit before an older one.");
        }
    }

    private void AssertPool(Member member, PoolStatistics s, Look look)
    {
        var isClosed = _closed.Contains(member);
        Assert.Equal(s.Total, s.Idle + s.InUse + s.Opening + s.Checking + s.Closing);
        Assert.Equal(_rented.Count(rented => rented.Member == member), s.InUse);
        Assert.Equal(_waiting.Count(caller => caller.Member == member), s.Waiting);
        Assert.Equal((member.Rents, member.SpareRents), (s.Rents, s.SpareRents));
        Assert.True(s.Total <= member.Options.Size && s.Opening <= 4, $"{s.Total} connections, {s.Opening} opening.");
        Assert.True(!isClosed || s.Idle + s.Waiting == 0, "A closed pool keeps callers or connections.");
        Assert.False(s.IsStarved && s.Waiting > 0, "Callers wait though openings fail and there is no connection.");

        // Waiting implies that something is under way; a pause ends within 2 s.
        var comesFree = Usable(s) + s.Opening + s.Closing > 0 || s.AwaitsPermit;
        member.StallsSince = s.Waiting == 0 || comesFree ? null : member.StallsSince ?? _clock.Elapsed;
        Assert.True(member.StallsSince is null || (member.IsPaced(_clock.Elapsed) && _clock.Elapsed - member.StallsSince < TimeSpan.FromSeconds(2)), "Callers wait for nothing.");

        var (held, limit) = look.Permits.GetValueOrDefault(member.Permits, (0, 1));
        var isBudgetFull = _budget.Held >= _budget.Limit;
        Assert.True(!s.AwaitsPermit || s.Waiting > 0 && (held >= limit || isBudgetFull), "It waits for a permit that is free, or for nobody.");

        // The budget is full, and others have what they do not need.
        Assert.False(look.Unmet != long.MaxValue && s.Idle > 0 && Usable(s) > member.Min, "Idle connections above the minimum make no room.");
        Assert.False(look.Empty != long.MaxValue && s.Idle > 0, "Idle connections make no room for a pool that has none.");
        if (s.AwaitsPermit && s.Total == 0 && held < limit && _budget.Leaving == 0)
        {
            Assert.True(look.Empty != long.MaxValue, "A pool that has nothing is not heard.");
        }
    }

    /// <summary>After a failure one opening at a time; after the first success few in the first second.</summary>
    private void AssertPace(Member member, PoolStatistics? before, PoolStatistics s)
    {
        if (before is null || _closed.Contains(member))
        {
            return;
        }

        var (startedBefore, started) = (Started(before), Started(s));
        if (s.LastOpenFailure is not null)
        {
            member.RampEndsAt = TimeSpan.Zero;
            Assert.True(started == startedBefore || s.Opening <= 1, "Several openings after a failure.");
        }
        else if (before.LastOpenFailure is not null)
        {
            (member.RampEndsAt, member.RampFrom) = (_clock.Elapsed + TimeSpan.FromSeconds(1), startedBefore - before.Opening);
        }

        if (_clock.Elapsed < member.RampEndsAt)
        {
            Assert.True(started - member.RampFrom <= 4, $"{started - member.RampFrom} openings in the first second after an outage.");
        }
    }

    private static long Started(PoolStatistics s) => s.Opened + s.OpenFailures + s.Opening;

    private static int Usable(PoolStatistics s) => s.Idle + s.InUse + s.Checking;

    private static bool IsStill(long before, long after) => after != long.MaxValue && before == after;
}
