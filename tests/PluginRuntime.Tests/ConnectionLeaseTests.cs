using System.Runtime.CompilerServices;

namespace PluginRuntime.Tests;

public sealed class ConnectionLeaseTests
{
    [Fact]
    public void Dispose_Twice_GivesBackOnce()
    {
        var ends = new List<LeaseEnd>();
        var lease = new ConnectionLease<string>("client", ends.Add);

        lease.Dispose();
        lease.Dispose();
        lease.Discard();

        Assert.Equal([LeaseEnd.Returned], ends);
    }

    [Fact]
    public void Discard_ThenDispose_IsDiscarded()
    {
        var ends = new List<LeaseEnd>();
        using (var lease = new ConnectionLease<string>("client", ends.Add))
        {
            lease.Discard();
        }

        Assert.Equal([LeaseEnd.Discarded], ends);
    }

    [Fact]
    public void Finalizer_NeverDisposed_EndsTheLoanAsAbandoned()
    {
        var ends = new List<LeaseEnd>();
        Lose(ends);

        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.Equal([LeaseEnd.Abandoned], ends);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Lose(List<LeaseEnd> ends) => _ = new ConnectionLease<string>("client", ends.Add);
}
