namespace PluginRuntime.Tests.Execution.Pooling;

public sealed class ConnectionPoolModelTests
{
    private const int _histories = 2_000;
    private const int _steps = 200;

    [Fact]
    public async Task AnyHistory_TwoGenerations_KeepsTheInvariantsAtEachStep()
    {
        // Off the test framework's context: what follows a signal then runs inside it, and a seed always gives the same history.
        await Task.Run(async () =>
        {
            for (var seed = 0; seed < _histories; seed++)
            {
                var history = new PoolHistory(seed);
                try
                {
                    for (var step = 0; step < _steps; step++)
                    {
                        await history.StepAsync();
                    }

                    await history.EndAsync();
                }
                catch (Exception error)
                {
                    throw new InvalidOperationException($"Seed {seed}: {string.Join(", ", history.Trail)}", error);
                }
            }
        });
    }
}
