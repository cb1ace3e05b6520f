using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Swapping;

public sealed class OperationTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Succeed_AfterPhases_EachHasItsTime()
    {
        var operation = new Operation("swap", "p", "1.0.0", _time);
        operation.LeadsTo("1.1.0");
        operation.Enter("stage");
        _time.Advance(TimeSpan.FromMilliseconds(20));
        operation.Enter("load");
        Assert.Equal([("stage", 20), ("load", null)], operation.Snapshot().Phases.Select(phase => (phase.Name, phase.Milliseconds)));
        _time.Advance(TimeSpan.FromMilliseconds(5));

        operation.Succeed();

        var ended = await operation.Ended;
        Assert.Equal([("stage", 20), ("load", 5)], ended.Phases.Select(phase => (phase.Name, phase.Milliseconds!.Value)));
        Assert.Equal((OperationStatus.Succeeded, "1.0.0", "1.1.0"), (ended.Status, ended.From, ended.To));
        Assert.Equal(TimeSpan.FromMilliseconds(25), ended.EndedAt - ended.StartedAt);
    }

    [Fact]
    public async Task End_Twice_TheFirstCounts()
    {
        var operation = new Operation("swap", "p", null, _time);

        operation.Fail("a.b", "Why.");
        operation.Succeed();
        operation.Fail("c.d", "No.");

        Assert.Equal((OperationStatus.Failed, "a.b", "Why."), ((await operation.Ended).Status, operation.Snapshot().Code, operation.Snapshot().Detail));
    }

    [Fact]
    public void Enter_AfterTheEnd_ChangesNothing()
    {
        var operation = new Operation("swap", "p", null, _time);
        operation.Enter("stage");
        operation.Fail("a.b", "Why.");
        var ended = operation.Snapshot();

        operation.Enter("drain");
        operation.LeadsTo("9.9.9");

        Assert.Equal(ended, operation.Snapshot());
    }

    [Fact]
    public void Log_MoreThanItKeeps_ForgetsTheOldest()
    {
        var log = new OperationLog(_time);
        var all = Enumerable.Range(0, OperationLog.Kept + 2).Select(_ => log.Begin("swap", "p", null)).ToList();

        Assert.Null(log.Find(all[1].Id));
        Assert.Equal(all[2].Id, log.Find(all[2].Id)?.Id);
        Assert.Equal(all[^1].Id, log.Find(all[^1].Id)?.Id);
        Assert.Null(log.Find("unknown"));
        Assert.Equal(all.Count, all.Select(operation => operation.Id).Distinct().Count());
    }
}
