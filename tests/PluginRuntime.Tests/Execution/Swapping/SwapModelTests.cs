namespace PluginRuntime.Tests.Execution.Swapping;

public sealed class SwapModelTests
{
    private const int _steps = 60;

    [LongFact]
    public Task AnyHistory_CallsSwapsFailuresAndTime_NoCallIsLost() => RunAsync(10_000, 1_000);

    [LongFact]
    public Task AnyHistory_TenThousand_NoCallIsLost() => RunAsync(0, 10_000);

    private static Task RunAsync(int first, int count) =>
        Parallel.ForAsync(first, first + count, async (seed, _) =>
        {
            var history = new SwapHistory(seed);
            try
            {
                for (var step = 0; step < _steps; step++)
                {
                    await history.StepAsync().ConfigureAwait(false);
                }

                await history.EndAsync().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"Seed {seed}: {string.Join(", ", history.Trail)}", error);
            }
        });
}
