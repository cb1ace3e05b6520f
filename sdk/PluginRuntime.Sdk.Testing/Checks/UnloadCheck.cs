using System.Globalization;
using PluginRuntime.Loading;
using PluginRuntime.Manifests;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>Whether a version that was replaced leaves memory, each time; and if not, what holds it.</summary>
internal sealed class UnloadCheck : Check
{
    /// <summary>So many cycles are worth the start of a second runtime.</summary>
    private const int WorthTwo = 20;

    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    internal override string Id => "unload";

    internal override string Title => "loaded, used and unloaded again and again, it leaves memory each time";

    internal override async Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        // Once first: what is held then is held a hundred times, and looking for that takes a second each.
        var calls = ActionCalls.Repeatable(bench);
        await CycleAsync(bench, calls, cancellationToken).ConfigureAwait(false);
        if (await SettleAsync([bench], cancellationToken).ConfigureAwait(false) is { } held)
        {
            return Result([bench], held);
        }

        // Most of a cycle is the compiling of the connector, on one processor.
        var twin = bench.Options.Cycles < WorthTwo ? null : await bench.TwinAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await CyclesAsync(twin is null ? [bench] : [bench, twin], bench.Options.Cycles - 1, calls, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (twin is not null)
            {
                await twin.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task<Verdict> CyclesAsync(
        Bench[] benches, int cycles, IReadOnlyList<(ManifestAction Action, ExampleCall Call)> calls, CancellationToken cancellationToken)
    {
        var ended = await Task.WhenAll(benches.Select((bench, first) => Task.Run(
            () => CyclesAsync(bench, Enumerable.Range(0, cycles).Where(cycle => cycle % benches.Length == first), calls, cancellationToken),
            cancellationToken))).ConfigureAwait(false);
        return ended.FirstOrDefault(finding => finding is not null) is { } finding
            ? new([finding])
            : Result(benches, await SettleAsync(benches, cancellationToken).ConfigureAwait(false));
    }

    private static Verdict Result(IReadOnlyList<Bench> benches, ContextFacts? held)
    {
        var collected = benches.SelectMany(Contexts).Count(facts => facts.CollectedAt is not null);
        var note = string.Create(CultureInfo.InvariantCulture, $"{collected} times collected");
        return held is null
            ? new([], note)
            : new([new("unload.held", "", $"It stays in memory after it was unloaded, held by: {held.HeldBy} docs/unloading.md says what to do about each kind.")], note);
    }

    /// <returns>That it did not come up again; null when it did each time.</returns>
    private static async Task<ConformanceFinding?> CyclesAsync(
        Bench bench, IEnumerable<int> cycles, IReadOnlyList<(ManifestAction Action, ExampleCall Call)> calls, CancellationToken cancellationToken)
    {
        var times = 1;
        foreach (var cycle in cycles)
        {
            // One call each from here on, all of them in turn.
            await CycleAsync(bench, calls.Count > 0 ? [calls[cycle % calls.Count]] : [], cancellationToken).ConfigureAwait(false);
            if (!bench.IsServing)
            {
                var status = bench.Runtime.GetInstance(Bench.Instance);
                return new("start.again", "", $"It came up {times} times, and not once more: {status.LastError?.Code}: {status.LastError?.Detail}");
            }

            times++;
        }

        return null;
    }

    private static async Task CycleAsync(
        Bench bench, IReadOnlyList<(ManifestAction Action, ExampleCall Call)> calls, CancellationToken cancellationToken)
    {
        foreach (var (action, call) in calls)
        {
            try
            {
                await bench.CallAsync(action.Id, call.Input, cancellationToken).ConfigureAwait(false);
            }
            catch (PluginRuntimeException)
            {
                // What a call does wrong is another check's; here it counts that it was made.
            }
        }

        await bench.Runtime.DisconnectAsync(Bench.Instance, cancellationToken).ConfigureAwait(false);
        await bench.Runtime.ConnectAsync(Bench.Instance, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Collects until every context that was unloaded is gone, or one is known as held.</summary>
    private static async Task<ContextFacts?> SettleAsync(IReadOnlyList<Bench> benches, CancellationToken cancellationToken)
    {
        while (true)
        {
            var waiting = benches.SelectMany(Contexts).Where(facts => facts is { UnloadRequestedAt: not null, CollectedAt: null }).ToList();
            if (waiting.Count == 0 || waiting.Exists(facts => facts.HeldBy is not null))
            {
                return waiting.Find(facts => facts.HeldBy is not null);
            }

            // The watch asks for collections by itself; more of them make it quicker.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(_look, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    private static IReadOnlyList<ContextFacts> Contexts(Bench bench) => bench.Runtime.ListContexts(bench.Manifest!.Id);
}
