using Microsoft.Diagnostics.Runtime;

namespace PluginRuntime.RootFinder;

/// <summary>A chain in words: names of types, fields and methods, and nothing that they hold.</summary>
internal sealed class ChainText(ClrRuntime runtime, HeldContext held)
{
    private const int LongestName = 160;
    private const int MostLinks = 24;

    internal IReadOnlyList<string> Of(Chain chain)
    {
        var objects = chain.Objects.Select(link => runtime.Heap.GetObject(link.Address)).ToList();
        var links = new List<string> { RootName(chain) };

        // The array that holds statics says nothing; the static field stands in its place.
        for (var index = chain.Slot is null ? 0 : 1; index < objects.Count; index++)
        {
            links.Add(index + 1 < objects.Count ? Holder(objects[index], objects[index + 1]) : Held(objects, index));
        }

        return links.Count <= MostLinks
            ? links
            : [.. links.Take(MostLinks / 2), $"{links.Count - MostLinks} more", .. links.TakeLast(MostLinks / 2)];
    }

    private string RootName(Chain chain) => chain.Root.RootKind switch
    {
        ClrRootKind.Stack => StackName(chain),
        ClrRootKind.FinalizerQueue => "the finalizer queue",
        ClrRootKind.ThreadStaticVar => "a thread-static field",
        _ when chain.Slot is not null => StaticFields.Unknown,
        ClrRootKind.StrongHandle => "a strong GC handle",
        ClrRootKind.PinnedHandle => "a pinned GC handle",
        ClrRootKind.AsyncPinnedHandle => "an input or output under way",
        var kind => $"a GC handle ({kind})",
    };

    private string StackName(Chain chain)
    {
        var frame = chain.Thread?.EnumerateStackTrace().FirstOrDefault(frame => held.Owns(frame.Method?.Type));
        var method = frame?.Method ?? (chain.Root as ClrStackRoot)?.StackFrame?.Method;
        return method is null ? $"a thread ({chain.Thread?.ManagedThreadId})" : $"a thread ({chain.Thread?.ManagedThreadId}) in {Name(method)}";
    }

    private static string Holder(ClrObject from, ClrObject to)
    {
        var reference = from.EnumerateReferencesWithFields(considerDependantHandles: true).FirstOrDefault(reference => reference.Object.Address == to.Address);
        return Short(from.Type?.Name)
            + (reference.IsField ? $".{reference.Field?.Name}" : reference.IsDependentHandle ? " (attached by a weak table)" : "");
    }

    // Of a static method's delegate only the code's owner is in the chain; the method is a better name for it.
    private string Held(List<ClrObject> objects, int index)
    {
        if (objects[index].Address != held.Allocator)
        {
            return Short(objects[index].Type?.Name);
        }

        return index > 0 && objects[index - 1].IsDelegate && objects[index - 1].AsDelegate().GetDelegateTarget()?.Method is { } method && held.Owns(method.Type)
            ? Name(method)
            : "its code";
    }

    private static string Name(ClrMethod method) => $"{Short(method.Type.Name)}.{method.Name}";

    internal static string Short(string? name) => name is null ? "?" : name.Length <= LongestName ? name : name[..(LongestName - 1)] + "…";
}
