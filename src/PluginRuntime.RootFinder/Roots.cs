using Microsoft.Diagnostics.Runtime;

namespace PluginRuntime.RootFinder;

/// <summary>Walks from roots to a context.</summary>
internal static class Roots
{
    /// <returns>The first chain found; null when there is none.</returns>
    internal static Chain? FindChain(ClrRuntime runtime, HeldContext held)
    {
        var heap = runtime.Heap;
        var search = new GCRoot(heap, held.Owns);

        // Handles and statics first: a stack is read while its thread runs, so what it seems to hold is the weaker evidence.
        var own = OwnStatics(heap.GetObject(held.Allocator));
        var lasting = runtime.EnumerateHandles().Where(handle => handle.IsStrong).Cast<ClrRoot>().Concat(heap.EnumerateAdditionalRoots())
            .Where(root => root.RootKind != ClrRootKind.StaticVar || IsForeign(root.Object, held, own));
        foreach (var root in lasting)
        {
            if (search.FindPathFrom(root.Object) is { } path)
            {
                return Make(root, null, heap, path);
            }
        }

        // A thread that runs code of the context, before one that merely has something of it on its stack.
        Chain? found = null;
        foreach (var thread in runtime.Threads.Where(thread => thread.IsAlive))
        {
            var runsIt = thread.EnumerateStackTrace().Any(frame => held.Owns(frame.Method?.Type));
            foreach (var root in thread.EnumerateStackRoots())
            {
                if ((runsIt || found is null) && search.FindPathFrom(root.Object) is { } path)
                {
                    var chain = Make(root, thread, heap, path) with { IsWeak = !runsIt };
                    if (runsIt)
                    {
                        return chain;
                    }

                    found ??= chain;
                }
            }
        }

        return found ?? heap.EnumerateFinalizerRoots().Select(root => (root, search.FindPathFrom(root.Object)))
            .Where(pair => pair.Item2 is not null)
            .Select(pair => Make(pair.root, null, heap, pair.Item2!))
            .FirstOrDefault();
    }

    private static Chain Make(ClrRoot root, ClrThread? thread, ClrHeap heap, GCRoot.ChainLink path)
    {
        var objects = new List<(ulong, ulong)>();
        for (var link = path; link is not null; link = link.Next)
        {
            objects.Add((link.Object, heap.GetObject(link.Object).Type?.MethodTable ?? 0));
        }

        return new(root, thread, objects) { Slot = thread is null && path.Next is { } next ? FindSlot(root, heap.GetObject(path.Object), next.Object) : null };
    }

    private static ulong? FindSlot(ClrRoot root, ClrObject array, ulong value)
    {
        if (root.RootKind is not (ClrRootKind.StrongHandle or ClrRootKind.PinnedHandle or ClrRootKind.StaticVar) || array.Type?.Name != "System.Object[]")
        {
            return null;
        }

        var elements = array.AsArray();
        for (var index = 0; index < elements.Length; index++)
        {
            if (elements.GetObjectValue(index).Address == value)
            {
                return array.Type.GetArrayElementAddress(array.Address, index);
            }
        }

        return null;
    }

    // The context keeps its own statics, yet they are told as roots (the runtime refers to them by weak handles that look strong).
    private static bool IsForeign(ClrObject statics, HeldContext held, HashSet<ulong> own) =>
        statics.Type is { IsArray: true } && !own.Contains(statics.Address) && !held.Owns(statics);

    // The allocator's slots, and the arrays in them that hold its types' statics.
    private static HashSet<ulong> OwnStatics(ClrObject allocator)
    {
        var found = new HashSet<ulong>();
        var open = new Queue<ClrObject>([allocator]);
        while (open.TryDequeue(out var value))
        {
            foreach (var array in value.EnumerateReferences().Where(reference => reference.Type is { IsArray: true } && found.Add(reference.Address)))
            {
                open.Enqueue(array);
            }
        }

        return found;
    }
}
