using System.Diagnostics;
using Microsoft.Diagnostics.Runtime;

namespace PluginRuntime.RootFinder;

/// <summary>
/// Looks into a process while it runs on. It is not stopped, because that would stall its calls for half a second; so what is read may be
/// moved meanwhile, and what was found is read once more before it counts.
/// </summary>
internal static class Search
{
    /// <summary>The longest that one search takes; whoever asked has time for a second one.</summary>
    internal static readonly TimeSpan Limit = TimeSpan.FromSeconds(28);

    // The heap of a busy process is seldom still, yet it is now and then.
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(12);

    private const int FewestAttempts = 5;

    /// <returns>The links of the chain from the root on, or why there is none.</returns>
    internal static (IReadOnlyList<string> Links, string? Problem) Run(int processId, long context)
    {
        var problem = "";
        var mayChange = false;
        IReadOnlyList<string>? weak = null;
        var started = Stopwatch.StartNew();
        for (var attempt = 0; attempt < FewestAttempts || (mayChange && weak is null && started.Elapsed < _patience); attempt++)
        {
            mayChange = false;
            try
            {
                using var target = DataTarget.AttachToProcess(processId, suspend: false);
                if (target.ClrVersions.FirstOrDefault() is not { } clr)
                {
                    return ([], "no .NET runtime is found in the process");
                }

                using var runtime = clr.CreateRuntime();
                if (HeldContext.Find(runtime, context) is not { } held)
                {
                    problem = "it is not in memory any more";
                    continue;
                }

                mayChange = true;
                if (Roots.FindChain(runtime, held) is not { } chain)
                {
                    problem = runtime.Heap.IsServer
                        ? "no root that leads to it can be seen from outside; handles of the server's garbage collector are not always seen"
                        : "no root that leads to it can be seen from outside";
                    continue;
                }

                // Read first, then checked: what was read of a heap that moved meanwhile is thrown away.
                var links = new ChainText(runtime, held).Of(chain);
                if (chain.IsStillThere(runtime))
                {
                    if (chain.IsWeak)
                    {
                        weak = links;
                        continue;
                    }

                    return ([chain.Slot is { } slot ? StaticFields.Name(processId, slot) : links[0], .. links.Skip(1)], null);
                }

                problem = "the heap moved while it was looked at";
            }
            catch (Exception exception)
            {
                // Memory that changes under the reader can make any of its steps fail; and being refused looks the same each time.
                problem = $"the process cannot be looked into: {exception.Message}";
            }
        }

        return weak is null ? ([], problem) : (weak, null);
    }
}
