using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>Tells uses that only read a collection from those that may change it, or hand it to somebody who may.</summary>
internal static class CollectionReads
{
    private static readonly ImmutableHashSet<string> _methods =
    [
        "Contains", "ContainsKey", "ContainsValue", "TryGetValue", "TryPeek", "Peek", "IndexOf", "LastIndexOf", "BinarySearch", "Exists", "Find", "FindAll", "FindIndex",
        "FindLast", "FindLastIndex", "TrueForAll", "GetEnumerator", "CopyTo", "ToArray", "ToString", "GetLength", "GetRange", "IsSubsetOf", "IsSupersetOf",
        "IsProperSubsetOf", "IsProperSupersetOf", "Overlaps", "SetEquals", "ConvertAll", "AsReadOnly", "GetValueOrDefault",
    ];

    internal static bool IsRead(IMemberReferenceOperation reference)
    {
        var parent = CodePlaces.Outer(reference, out var inner);
        return IsReadOnly(inner.Type) || parent switch
        {
            IInvocationOperation call => ReferenceEquals(call.Instance, inner) && _methods.Contains(call.TargetMethod.Name),
            IPropertyReferenceOperation property => ReferenceEquals(property.Instance, inner) && !IsWritten(property),
            IArrayElementReferenceOperation element => !IsWritten(element),
            IArgumentOperation argument => IsReadBy(argument),
            IForEachLoopOperation loop => ReferenceEquals(loop.Collection, inner),
            ISpreadOperation or INameOfOperation or IIsPatternOperation or IBinaryOperation => true,
            _ => false,
        };
    }

    // What only reads by its type: sequences, read-only interfaces and spans.
    private static bool IsReadOnly(ITypeSymbol? type) => type?.OriginalDefinition.ToDisplayString() is
        "System.Collections.Generic.IEnumerable<T>" or "System.Collections.IEnumerable"
        or "System.Collections.Generic.IReadOnlyCollection<T>" or "System.Collections.Generic.IReadOnlyList<T>"
        or "System.Collections.Generic.IReadOnlyDictionary<TKey, TValue>" or "System.Collections.Generic.IReadOnlySet<T>"
        or "System.ReadOnlySpan<T>" or "System.ReadOnlyMemory<T>";

    private static bool IsReadBy(IArgumentOperation argument) =>
        IsReadOnly(argument.Parameter?.Type)
        || (argument.Parent is IInvocationOperation call
            && (call.TargetMethod.ContainingType.SpecialType is SpecialType.System_String
                || (call.TargetMethod.ContainingType.SpecialType is SpecialType.System_Array && _methods.Contains(call.TargetMethod.Name))));

    private static bool IsWritten(IOperation place) => place.Parent switch
    {
        IAssignmentOperation assignment => ReferenceEquals(assignment.Target, place),
        IIncrementOrDecrementOperation => true,
        IArgumentOperation argument => argument.Parameter?.RefKind is RefKind.Ref or RefKind.Out,
        IAddressOfOperation => true,
        IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol.IsRef: true } } => true,
        _ => false,
    };
}
