using System.Globalization;
using PluginRuntime.Loading;
using PluginRuntime.Manifests;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>Whether a version that was replaced leaves memory, each time; and if not, what holds it.</summary>
internal sealed class UnloadCheck : Check
{
    private static readonly TimeSpan _look = TimeSpan.FromMilliseconds(50);

    internal override string Id => "unload";

    internal override string Title => "loaded, used and unloaded again and again, it leaves memory each time";

    internal override async Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        // Once first: what is held then is held a hundred times, and looking for that takes a second each.
        var calls = ActionCalls.Repeatable(bench);
        await CycleAsync(bench, calls, cancellationToken).ConfigureAwait(false);
        var held = await SettleAsync(bench, cancellationToken).ConfigureAwait(false);
        for (var cycle = 1; cycle < bench.Options.Cycles && held is null; cycle++)
        {
            // One action each from here on, all of them in turn.
            await CycleAsync(bench, calls.Count > 0 ? [calls[cycle % calls.Count]] : [], cancellationToken).ConfigureAwait(false);
            if (!bench.IsServing)
            {
                var status = bench.Runtime.GetInstance(Bench.Instance);
                return new([new("start.again", "", $"It came up {cycle} times, and not once more: {status.LastError?.Code}: {status.LastError?.Detail}")]);
            }
        }

        held ??= await SettleAsync(bench, cancellationToken).ConfigureAwait(false);
        var collected = Contexts(bench).Count(facts => facts.CollectedAt is not null);
        var note = string.Create(CultureInfo.InvariantCulture, $"{collected} times collected");
        return held is null
            ? new([], note)
            : new([new("unload.held", "", $"It stays in memory after it was unloaded, held by: {held.HeldBy} docs/unloading.md says what to do about each kind.")], note);
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
    private static async Task<ContextFacts?> SettleAsync(Bench bench, CancellationToken cancellationToken)
    {
        while (true)
        {
            var waiting = Contexts(bench).Where(facts => facts is { UnloadRequestedAt: not null, CollectedAt: null }).ToList();
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
