using System.Diagnostics;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests.Execution.Pooling;

/// <summary>Rents for checks, and rents that do not end.</summary>
public sealed partial class ConnectionPoolTests
{
    private readonly List<LeakReport> _leaks = [];

    [Fact]
    public async Task TryRentSpare_OneOfTwoIdle_IsNoUseByACallerAndKeepsTheConnectionFresh()
    {
        var pool = await FilledPoolAsync(2);
        var before = pool.GetStatistics();
        _clock.Advance(TimeSpan.FromSeconds(14));

        var spare = pool.TryRentSpare();
        Assert.Equal((1, 1), (pool.GetStatistics().InUse, pool.GetStatistics().Idle));
        pool.Return(spare!.Value);
        Assert.Equal(before.Connections, pool.GetStatistics().Connections);
        Assert.Equal((before.Rents, 1L), (pool.GetStatistics().Rents, pool.GetStatistics().SpareRents));

        // Two seconds on, the other one has been idle for too long. The one that was checked has not, and is the last in the order.
        _clock.Advance(TimeSpan.FromSeconds(2));
        var waiting = pool.RentAsync(CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);
        Assert.Equal(1, _source.Checks);
        Assert.NotEqual(spare.Value.Connection, _source.FinishCheck(ConnectionHealth.Healthy));
        _ = await waiting;
        Assert.Equal(spare.Value.Connection, Rent(pool).Connection);
    }

    [Fact]
    public async Task TryRentSpare_TheLastIdleAndNoOtherCanBeOpened_LeavesItToCallers()
    {
        var pool = await FilledPoolAsync(2);
        Assert.NotNull(pool.TryRentSpare());

        Assert.Null(pool.TryRentSpare());
    }

    [Fact]
    public async Task TryRentSpare_TheLastIdleButAnotherCanBeOpened_GivesIt()
    {
        var pool = await FilledPoolAsync(1, min: 0, size: 2);

        Assert.NotNull(pool.TryRentSpare());
        Assert.Null(pool.TryRentSpare());
    }

    [Fact]
    public async Task TryRentSpare_ACallerWaits_GivesNothing()
    {
        var pool = await FilledPoolAsync(2);
        _clock.Advance(TimeSpan.FromSeconds(16));
        _ = pool.RentAsync(CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);
        Assert.Equal((1, 1), (pool.GetStatistics().Idle, pool.GetStatistics().Waiting));

        Assert.Null(pool.TryRentSpare());
    }

    [Fact]
    public async Task TryRentSpare_AgainAndAgain_DoesNotKeepIdleConnectionsFromBeingPruned()
    {
        var pool = await FilledPoolAsync(5, min: 1);
        for (var i = 0; i < 24; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(30));
            if (pool.TryRentSpare() is { } spare)
            {
                pool.Return(spare);
            }
        }

        Assert.Equal((1, 4), (pool.GetStatistics().Idle, pool.GetStatistics().Closing));
    }

    [Fact]
    public async Task Tick_ARentOutlivesTheLimit_IsReportedOnceWithItsBorrower()
    {
        var pool = WatchedPool();
        var call = await OpenAsync(pool, "query");
        var since = _clock.GetUtcNow();
        _clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Empty(_leaks);
        _clock.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal([new LeakReport("orders", "query", since, null, IsAbandoned: false)], _leaks);
        pool.Return(call);
        pool.Return(Rent(pool));
        Assert.Equal(1, pool.GetStatistics().Leaks);
    }

    [Fact]
    public async Task Tick_ALeaseOutlivesTheLimitInAClosedPool_IsReportedWithItsStack()
    {
        var pool = WatchedPool();
        var lease = await OpenAsync(pool, new StackTrace(fNeedFileInfo: false));
        pool.Close();

        _clock.Advance(TimeSpan.FromSeconds(61));

        var report = Assert.Single(_leaks);
        Assert.Equal("lease", report.Borrower);
        Assert.Contains(nameof(Tick_ALeaseOutlivesTheLimitInAClosedPool_IsReportedWithItsStack), report.Stack, StringComparison.Ordinal);
        pool.Return(lease);
        await _source.SettleAsync(pool);
        _source.FinishClose();
        await pool.DrainedAsync(CancellationToken.None);
        Assert.Equal(0, _clock.ArmedTimers);
    }

    [Fact]
    public async Task Abandon_ALostRent_ClosesTheConnectionAndReportsIt()
    {
        var reported = new TaskCompletionSource<LeakReport>();
        var permits = new PoolPermits(1);
        var pool = new ConnectionPool("orders", _source, new() { Size = 1, Min = 0 }, permits, _clock, new() { Report = reported.SetResult });
        var lost = await OpenAsync(pool, "lease of mine");

        pool.Abandon(lost);
        pool.Abandon(lost);
        await _source.SettleAsync(pool);
        _source.FinishClose();

        Assert.Equal(("lease of mine", true), ((await reported.Task).Borrower, (await reported.Task).IsAbandoned));
        Assert.Equal((0, 1L, 1L), (permits.Held, pool.GetStatistics().Leaks, pool.GetStatistics().DoubleReturns));
    }

    private ConnectionPool WatchedPool() =>
        new("orders", _source, new() { Size = 1, Min = 0 }, new PoolPermits(1), _clock, new() { Report = _leaks.Add });

    private async Task<Rental> OpenAsync(ConnectionPool pool, object borrower)
    {
        var rent = pool.RentAsync(borrower, CancellationToken.None).AsTask();
        await _source.SettleAsync(pool);
        _source.FinishOpen();
        return (await rent)!.Value;
    }
}
