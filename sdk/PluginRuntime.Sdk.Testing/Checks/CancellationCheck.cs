using System.Text.Json;
using PluginRuntime.Diagnostics;
using PluginRuntime.Execution;
using PluginRuntime.Manifests;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>
/// Whether an action ends when its token is cancelled, as it is at every deadline and at every swap that does not wait: within the half
/// second after which a host leaves it to itself.
/// </summary>
internal sealed class CancellationCheck : Check
{
    /// <summary>As long as an action gets to come to where it waits.</summary>
    private static readonly TimeSpan _begin = TimeSpan.FromMilliseconds(100);

    /// <summary>An attempt that has not even been given up by then has the thread.</summary>
    private static readonly TimeSpan _blocked = TimeSpan.FromSeconds(3);

    /// <summary>No attempt is ended by this: the check does that.</summary>
    private static readonly TimeSpan _deadline = TimeSpan.FromMinutes(5);

    internal override string Id => "cancellation";

    internal override string Title => $"actions end within {ForeignCall.Grace.TotalSeconds} s of their token's cancellation";

    internal override async Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var findings = new List<ConformanceFinding>();
        var (cancelled, quick) = (0, new List<string>());
        foreach (var action in bench.Manifest!.Actions)
        {
            var slow = bench.Subject.Test.For(action.Id).Slow;
            if ((slow ?? (ActionCalls.Examples(bench, action) is [var first, ..] ? first.Input : null)) is not { } input)
            {
                continue;
            }

            var (wasCancelled, finding) = await CancelAsync(bench, action, input, cancellationToken).ConfigureAwait(false);
            findings.AddRange(finding is null ? [] : [finding]);
            cancelled += wasCancelled ? 1 : 0;
            if (!wasCancelled)
            {
                quick.Add(action.Id);
            }
        }

        var note = quick.Count > 0 ? $"ended before they could be cancelled: {string.Join(", ", quick)}" : null;
        return cancelled > 0 ? new(findings, note) : Verdict.Skipped(note ?? "nothing is called");
    }

    private static async Task<(bool WasCancelled, ConformanceFinding? Finding)> CancelAsync(
        Bench bench, ManifestAction action, JsonElement input, CancellationToken cancellationToken)
    {
        var (generation, stripe, rental) = await Caller.RentAsync(bench.Slot, cancellationToken).ConfigureAwait(false);
        var end = LeaseEnd.Discarded;
        using var cancel = new CancellationTokenSource();
        try
        {
            var running = StartAsync(generation, (OpenConnection)rental.Connection, action.Id, JsonSerializer.SerializeToUtf8Bytes(input), cancel.Token);
            await Task.WhenAny(running, Task.Delay(_begin, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
            if (running.IsCompleted)
            {
                var early = await running.ConfigureAwait(false);
                end = early is null ? LeaseEnd.Returned : LeaseEnd.Discarded;
                return (false, null);
            }

            await cancel.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(running, Task.Delay(_blocked, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
            if (!running.IsCompleted)
            {
                return (true, Blocked(action, running));
            }

            var ended = await running.ConfigureAwait(false);
            return ended is { HasBegun: false } ? (false, null) : (true, Judge(action, ended));
        }
        finally
        {
            Caller.GiveBack(generation, stripe, rental, end);
        }
    }

    private static Task<AttemptFailure?> StartAsync(Generation generation, OpenConnection connection, string action, byte[] input, CancellationToken cancellationToken)
    {
        var deadline = TimeProvider.System.GetTimestamp() + (long)(_deadline.TotalSeconds * TimeProvider.System.TimestampFrequency);

        // On a thread of its own: what blocks would have this one.
        return Task.Run(() => generation.Border.InvokeAsync(connection, action, input, deadline, cancellationToken).AsTask(), CancellationToken.None);
    }

    private static ConformanceFinding? Judge(ManifestAction action, AttemptFailure? failure) => failure switch
    {
        { IsAbandoned: true } => new(
            "cancellation.ignored",
            action.Id,
            $"It went on for {ForeignCall.Grace.TotalSeconds} s after its token was cancelled. Pass the token to everything that is awaited."),
        { Cause: ConnectorFailedException { Kind: ConnectorErrorKind.Bug } bug } => new(
            "cancellation.bug", action.Id, $"When its token was cancelled it failed as if by a bug: {bug.Message} Let OperationCanceledException go through."),
        _ => null,
    };

    private static ConformanceFinding Blocked(ManifestAction action, Task running)
    {
        ForeignCall.Observe(running);
        return new(
            "cancellation.blocks",
            action.Id,
            "It blocks the thread that calls it, and does not end when its token is cancelled: a host cannot even give it up. Await, or put synchronous work on the pool with Task.Run.");
    }
}
