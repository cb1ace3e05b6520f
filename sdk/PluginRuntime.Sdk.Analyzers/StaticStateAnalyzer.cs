using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>PR1005: static members that can change, themselves or by what they hold.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StaticStateAnalyzer() : ConnectorAnalyzer(Rules.StaticStateRule)
{
    private protected override void Register(CompilationStartAnalysisContext context, SdkTypes types)
    {
        if (!types.IsConnectorAssembly)
        {
            return;
        }

        var changing = new ChangingTypes(context.Compilation);

        // What is private may be used by nested types as well: their ends come before the end of the type round them.
        var escaped = new ConcurrentDictionary<ISymbol, bool>(SymbolEqualityComparer.Default);
        context.RegisterSymbolStartAction(
            start =>
            {
                var type = (INamedTypeSymbol)start.Symbol;
                if (Around(type).Any(each => StaticMembers(each, types).Any(member => IsPrivate(member) && IsFixed(member) && changing.Contains(TypeOf(member)))))
                {
                    start.RegisterOperationAction(
                        operation =>
                        {
                            var reference = (IMemberReferenceOperation)operation.Operation;
                            if (reference.Member.IsStatic && !CollectionReads.IsRead(reference) && !IsInitialization(operation.ContainingSymbol))
                            {
                                escaped[reference.Member.OriginalDefinition] = true;
                            }
                        },
                        OperationKind.FieldReference,
                        OperationKind.PropertyReference);
                }

                start.RegisterSymbolEndAction(end =>
                {
                    foreach (var member in StaticMembers(type, types))
                    {
                        var what = member switch
                        {
                            IEventSymbol => "a static event",
                            IPropertySymbol { SetMethod: not null } => "a static property that can be set",
                            IFieldSymbol { IsReadOnly: false } => "a static field that can be written",
                            _ when changing.Contains(TypeOf(member)) && (!IsPrivate(member) || escaped.ContainsKey(member)) =>
                                "a static collection that can change (freeze it, or keep it private and only read it)",
                            _ => null,
                        };
                        if (what is not null)
                        {
                            end.ReportDiagnostic(Diagnostic.Create(Rule, member.Locations[0], member.Name, what));
                        }
                    }
                });
            },
            SymbolKind.NamedType);
    }

    /// <summary>A type, and those that it is nested in.</summary>
    private static IEnumerable<INamedTypeSymbol> Around(INamedTypeSymbol type)
    {
        for (var current = type; current is not null; current = current.ContainingType)
        {
            yield return current;
        }
    }

    private static bool IsFixed(ISymbol member) => member is IFieldSymbol { IsReadOnly: true } or IPropertySymbol { SetMethod: null };

    private static bool IsPrivate(ISymbol member) => member.DeclaredAccessibility == Accessibility.Private;

    private static bool IsInitialization(ISymbol member) => member is IMethodSymbol { MethodKind: MethodKind.StaticConstructor };

    private static ITypeSymbol TypeOf(ISymbol member) => member is IFieldSymbol field ? field.Type : ((IPropertySymbol)member).Type;

    /// <summary>Fields, properties with a field behind them, and events that are static and written by hand.</summary>
    private static IEnumerable<ISymbol> StaticMembers(INamedTypeSymbol type, SdkTypes types)
    {
        if (type.TypeKind is TypeKind.Enum || SdkTypes.DerivesFrom(type, types.JsonSerializerContext) || IsGenerated(type))
        {
            yield break;
        }

        foreach (var member in type.GetMembers())
        {
            switch (member)
            {
                case IFieldSymbol { IsStatic: true, IsConst: false } field:
                    if ((field.AssociatedSymbol ?? field) is { Locations.Length: > 0 } written && !IsGenerated(written) && written.CanBeReferencedByName)
                    {
                        yield return written;
                    }

                    break;
                case IEventSymbol { IsStatic: true, AddMethod.IsImplicitlyDeclared: true } @event:
                    yield return @event;
                    break;
                default:
                    break;
            }
        }
    }

    private static bool IsGenerated(ISymbol symbol) =>
        symbol.GetAttributes().Any(each => each.AttributeClass?.Name is "GeneratedCodeAttribute" or "CompilerGeneratedAttribute");
}
