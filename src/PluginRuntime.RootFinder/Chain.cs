using Microsoft.Diagnostics.Runtime;

namespace PluginRuntime.RootFinder;

/// <summary>A root, and the objects from it to the first one that belongs to the context.</summary>
/// <param name="Root">The root.</param>
/// <param name="Thread">The thread whose stack the root is on; null for other roots.</param>
/// <param name="Objects">The objects, the root's own first, with the types they had.</param>
internal sealed record Chain(ClrRoot Root, ClrThread? Thread, IReadOnlyList<(ulong Address, ulong MethodTable)> Objects)
{
    /// <summary>
    /// The place of the static field that holds the second object, when the first is one of the arrays that the runtime keeps static fields
    /// in. Those arrays stay where they are.
    /// </summary>
    internal ulong? Slot { get; init; }

    /// <summary>
    /// Whether it starts at a thread that runs no code of the context. A stack is read while its thread runs on, so this is the weakest
    /// evidence there is.
    /// </summary>
    internal bool IsWeak { get; init; }

    /// <summary>Reads all of it again: a collection in between has moved something, or was never there.</summary>
    internal bool IsStillThere(ClrRuntime runtime)
    {
        runtime.FlushCachedData();
        for (var index = 0; index < Objects.Count; index++)
        {
            var (address, methodTable) = Objects[index];
            var read = runtime.Heap.GetObject(address);
            if (read.Type?.MethodTable != methodTable
                || (index + 1 < Objects.Count && !read.EnumerateReferenceAddresses(considerDependantHandles: true).Contains(Objects[index + 1].Address)))
            {
                return false;
            }
        }

        return true;
    }
}
