using PluginRuntime.Execution;

namespace PluginRuntime.Tests.Execution;

public sealed class GateTests
{
    [Fact]
    public void TryEnter_Open_LetsIn()
    {
        var gate = new Gate(2);

        Assert.True(gate.TryEnter(out var stripe));
        Assert.Equal(1, gate.Inside);
        gate.Exit(stripe);
        Assert.Equal(0, gate.Inside);
        Assert.False(gate.Drained.IsCompleted);
    }

    [Fact]
    public void Close_SomebodyInside_DrainsWhenTheLastLeaves()
    {
        var gate = new Gate(4);
        Assert.True(gate.TryEnter(out var first));
        Assert.True(gate.TryEnter(out var second));

        gate.Close();

        Assert.False(gate.TryEnter(out _));
        gate.Exit(first);
        Assert.False(gate.Drained.IsCompleted);
        gate.Exit(second);
        Assert.True(gate.Drained.IsCompleted);
    }

    [Fact]
    public void Close_NobodyInside_IsDrainedAtOnce()
    {
        var gate = new Gate(1);

        gate.Close();

        Assert.True(gate.Drained.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Close_UnderContention_NobodyIsInsideOnceDrained()
    {
        for (var round = 0; round < 300; round++)
        {
            var gate = new Gate(4);
            var inside = 0;
            var late = 0;
            var callers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                while (gate.TryEnter(out var stripe))
                {
                    Interlocked.Increment(ref inside);
                    if (gate.Drained.IsCompleted)
                    {
                        Interlocked.Increment(ref late);
                    }

                    Interlocked.Decrement(ref inside);
                    gate.Exit(stripe);
                }
            })).ToList();

            await Task.Yield();
            gate.Close();
            await gate.Drained;

            Assert.Equal(0, Volatile.Read(ref inside));
            await Task.WhenAll(callers);
            Assert.Equal(0, late);
        }
    }
}
