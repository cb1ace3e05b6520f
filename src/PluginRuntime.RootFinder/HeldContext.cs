using Microsoft.Diagnostics.Runtime;

namespace PluginRuntime.RootFinder;

/// <summary>The context that is looked for. Everything of it keeps its loader allocator alive, and that keeps the context.</summary>
/// <param name="Allocator">The address of the managed loader allocator.</param>
/// <param name="Handle">The address of the handle to it, which every type of the context names.</param>
internal sealed record HeldContext(ulong Allocator, ulong Handle)
{
    private const string TypeName = "PluginRuntime.Loading.ConnectorLoadContext";
    private const string NumberField = "_number";

    internal static HeldContext? Find(ClrRuntime runtime, long number) =>
        runtime.EnumerateModules().Select(module => FirstType(runtime, module))
            .Where(type => type is { IsCollectible: true } && IsContext(runtime.Heap.GetObject(type.AssemblyLoadContextAddress), number))
            .Select(type => new HeldContext(runtime.DataTarget.DataReader.ReadPointer(type!.LoaderAllocatorHandle), type.LoaderAllocatorHandle))
            .FirstOrDefault(held => held.Allocator != 0);

    /// <summary>Whether an object is of a type of the context, or is its loader allocator, which code and reflection objects refer to.</summary>
    internal bool Owns(ClrObject value) => value.Address == Allocator || Owns(value.Type);

    internal bool Owns(ClrType? type) => type is { IsCollectible: true } && type.LoaderAllocatorHandle == Handle;

    private static bool IsContext(ClrObject context, long number) =>
        context.Type?.Name == TypeName && context.ReadField<long>(NumberField) == number;

    private static ClrType? FirstType(ClrRuntime runtime, ClrModule module) =>
        module.EnumerateTypeDefToMethodTableMap().Select(pair => runtime.GetTypeByMethodTable(pair.MethodTable)).FirstOrDefault(type => type is not null);
}
