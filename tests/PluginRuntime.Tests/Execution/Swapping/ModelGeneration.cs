using PluginRuntime.Execution;

namespace PluginRuntime.Tests.Execution.Swapping;

/// <summary>A generation of a history, with what the history needs besides.</summary>
internal sealed class ModelGeneration(Generation generation, ModelConnector connector)
{
    private readonly TaskCompletionSource<RetireReport> _retired = new();
    private readonly TaskCompletionSource _over = new();

    internal Generation Generation { get; } = generation;

    internal ModelConnector Connector { get; } = connector;

    /// <summary>Completes with what became of it.</summary>
    internal Task<RetireReport> Retired => _retired.Task;

    /// <summary>Completes when nothing will happen to it any more.</summary>
    internal Task Over => _over.Task;

    /// <param name="reserve">The permits that its successor borrowed; given back when it holds none any more.</param>
    internal void Retire(IDisposable? reserve) => _ = RetireAsync(reserve);

    public override string ToString() =>
        $"{Connector.Number}: closed {Generation.Gate.IsClosed}, inside {Generation.Gate.Inside}, drained {Generation.Gate.Drained.IsCompleted}, "
        + $"attempts {Connector.Attempts.Count}, openings {Connector.Openings.Count}, open {Connector.Open}, {Generation.Pool.GetStatistics()}";

    private async Task RetireAsync(IDisposable? reserve)
    {
        try
        {
            _retired.SetResult(await Generation.RetireAsync().ConfigureAwait(false));
        }
        catch (Exception failure)
        {
            _retired.SetException(failure);
        }

        await Generation.Pool.DisposeAsync().ConfigureAwait(false);
        reserve?.Dispose();
        _over.SetResult();
    }
}
