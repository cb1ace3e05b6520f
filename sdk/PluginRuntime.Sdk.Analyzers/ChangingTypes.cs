using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>Types whose objects change: collections that are neither immutable, frozen nor read-only, and a few others of the framework.</summary>
internal sealed class ChangingTypes(Compilation compilation)
{
    private static readonly ImmutableHashSet<string> _others =
    [
        "System.Text.StringBuilder",
        "System.Threading.ThreadLocal<T>",
        "System.Threading.AsyncLocal<T>",
        "System.Runtime.CompilerServices.ConditionalWeakTable<TKey, TValue>",
        "System.Collections.Generic.PriorityQueue<TElement, TPriority>",
        "System.Threading.Channels.Channel<T>",
        "System.IO.MemoryStream",
    ];

    private readonly ImmutableArray<INamedTypeSymbol?> _collections =
    [
        compilation.GetTypeByMetadataName("System.Collections.Generic.ICollection`1"),
        compilation.GetTypeByMetadataName("System.Collections.ICollection"),
        compilation.GetTypeByMetadataName("System.Collections.Concurrent.IProducerConsumerCollection`1"),
    ];

    internal bool Contains(ITypeSymbol type)
    {
        if (type is IArrayTypeSymbol)
        {
            return true;
        }

        if (type is not INamedTypeSymbol named || _others.Contains(named.OriginalDefinition.ToDisplayString()))
        {
            return type is INamedTypeSymbol;
        }

        return named.ContainingNamespace?.ToDisplayString() is not ("System.Collections.Immutable" or "System.Collections.Frozen")
            && !(named.ContainingNamespace?.ToDisplayString() == "System.Collections.ObjectModel" && named.Name.StartsWith("ReadOnly", System.StringComparison.Ordinal))
            && (IsCollection(named) || named.AllInterfaces.Any(IsCollection));
    }

    private bool IsCollection(INamedTypeSymbol type) => _collections.Any(each => SdkTypes.Same(type.OriginalDefinition, each));
}
