using PluginRuntime.Execution.Pooling;

namespace PluginRuntime.Tests.Execution.Pooling;

public sealed class QuickLockTests
{
    [Fact]
    public void TryEnter_SomebodyIsInside_FailsByWhicheverDoorHeCame()
    {
        var gate = new QuickLock();
        Assert.True(gate.TryEnter());
        Assert.False(gate.TryEnter());
        gate.Exit();

        using (gate.EnterForLong())
        {
            Assert.False(gate.TryEnter());
        }

        using (gate.Enter())
        {
            Assert.False(gate.TryEnter());
        }

        Assert.True(gate.TryEnter());
    }

    [Fact]
    public void Enter_ManyThreadsThroughBothDoors_OneAtATime()
    {
        const int threads = 6;
        const int times = 60_000;
        var gate = new QuickLock();
        var (inside, entered, wrong, quick) = (0, 0, 0, 0);
        var workers = Enumerable.Range(0, threads).Select(number => new Thread(() =>
        {
            for (var i = 0; i < times; i++)
            {
                if (i % threads == number)
                {
                    using (gate.EnterForLong())
                    {
                        Count();
                    }
                }
                else if (i % 2 == 0)
                {
                    using (gate.Enter())
                    {
                        Count();
                    }
                }
                else if (gate.TryEnter())
                {
                    quick++;
                    Count();
                    gate.Exit();
                }
                else
                {
                    using (gate.EnterAfterPause())
                    {
                        Count();
                    }
                }
            }
        })).ToList();

        workers.ForEach(worker => worker.Start());
        workers.ForEach(worker => worker.Join());

        // Plain fields: two inside at once would lose a count as well.
        Assert.Equal((0, 0, threads * times), (wrong, inside, entered));
        Assert.True(quick > 0, "Nobody came through the quick door.");

        void Count()
        {
            wrong += ++inside == 1 ? 0 : 1;
            entered++;
            inside--;
        }
    }
}
