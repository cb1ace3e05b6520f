namespace PluginRuntime.Tests.Execution.Pooling;

public sealed class ConnectionPoolModelTests
{
    private const int _steps = 200;

    [Fact]
    public Task AnyHistory_TwoInstancesUnderABudget_KeepsTheInvariantsAtEachStep() => RunAsync(0, 2_000);

    [LongFact]
    public Task AnyHistory_ManyMore_KeepsTheInvariantsAtEachStep() => RunAsync(2_000, 20_000);

    private static Task RunAsync(int first, int count) =>
        Parallel.ForAsync(first, first + count, async (seed, _) =>
        {
            // Off the test framework's context: what follows a signal then runs inside it, and a seed always gives the same history.
            var history = new PoolHistory(seed);
            try
            {
                for (var step = 0; step < _steps; step++)
                {
                    await history.StepAsync();
                }

                await history.CalmAsync();
                await history.EndAsync();
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed}: {string.Join(", ", history.Trail)}", error);
            }
        });
}
