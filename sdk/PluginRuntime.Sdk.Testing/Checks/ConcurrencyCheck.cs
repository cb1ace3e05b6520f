using System.Text.Json;
using PluginRuntime.Manifests;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>
/// Whether calls at a time, each on a connection of its own, do the same as one after the other. Actions whose answers differ by themselves,
/// such as the time, are called all the same, and only their failures count.
/// </summary>
internal sealed class ConcurrencyCheck : Check
{
    private const int CallsOfEach = 16;

    internal override string Id => "concurrency";

    internal override string Title => $"{Bench.Connections} calls at a time answer as one after the other does";

    internal override async Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var alone = new List<(ManifestAction Action, JsonElement Input, string? Answer)>();
        var findings = new List<ConformanceFinding>();
        foreach (var (action, call) in ActionCalls.Repeatable(bench).Where(repeatable => !bench.Subject.Test.For(repeatable.Action.Id).Alone))
        {
            var first = await AnswerAsync(bench, action, call.Input, cancellationToken).ConfigureAwait(false);
            var second = await AnswerAsync(bench, action, call.Input, cancellationToken).ConfigureAwait(false);
            if ((first.Failure ?? second.Failure) is not { } failure)
            {
                alone.Add((action, call.Input, first.Answer == second.Answer ? first.Answer : null));
            }
            else if (bench.Working.Contains(action.Id))
            {
                findings.Add(new("idempotent.fails", action.Id, $"It says that it is idempotent, and {call.Input} failed when it was repeated: {failure.Code}: {failure.Message}"));
            }
        }

        if (alone.Count == 0)
        {
            return findings.Count > 0 ? new(findings) : Verdict.Skipped("no idempotent action has an example that succeeds");
        }

        var results = await Task.WhenAll(Enumerable.Range(0, Bench.Connections).Select(worker => WorkAsync(bench, alone, worker, cancellationToken))).ConfigureAwait(false);
        foreach (var found in results.SelectMany(found => found).DistinctBy(found => (found.Finding.Code, found.Finding.Place)))
        {
            // What differs alone by now, too, has changed by itself: it was no other call.
            var (action, input, wanted) = alone[found.Index];
            var (answer, failure) = await AnswerAsync(bench, action, input, cancellationToken).ConfigureAwait(false);
            if (failure is null && (wanted is null || answer == wanted))
            {
                findings.Add(found.Finding);
            }
        }

        return new(findings);
    }

    private static async Task<List<(int Index, ConformanceFinding Finding)>> WorkAsync(
        Bench bench, List<(ManifestAction Action, JsonElement Input, string? Answer)> alone, int worker, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var findings = new List<(int, ConformanceFinding)>();
        for (var turn = 0; turn < CallsOfEach * alone.Count; turn++)
        {
            // Each begins with another one, so that different inputs meet.
            var index = (worker + turn) % alone.Count;
            var (action, input, wanted) = alone[index];
            var (answer, failure) = await AnswerAsync(bench, action, input, cancellationToken).ConfigureAwait(false);
            if (failure is not null)
            {
                findings.Add((index, new("concurrency.failed", action.Id, $"Among other calls it failed, alone it does not: {failure.Code}: {failure.Message}")));
            }
            else if (wanted is not null && answer != wanted)
            {
                findings.Add((index, new("concurrency.mixed", action.Id, $"Among other calls it answered {input} with {answer}, alone with {wanted}.")));
            }
        }

        return findings;
    }

    private static async Task<(string? Answer, PluginRuntimeException? Failure)> AnswerAsync(
        Bench bench, ManifestAction action, JsonElement input, CancellationToken cancellationToken)
    {
        try
        {
            return (System.Text.Encoding.UTF8.GetString((await bench.CallAsync(action.Id, input, cancellationToken).ConfigureAwait(false)).Span), null);
        }
        catch (PluginRuntimeException exception)
        {
            return (null, exception);
        }
    }
}
