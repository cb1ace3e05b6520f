using System;
using System.Collections.Concurrent;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>PR1006: timers, threads and tasks whose end nobody sees to. What is handed to somebody else is somebody else's.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LifetimeAnalyzer() : ConnectorAnalyzer(Rules.LifetimeRule)
{
    private protected override void Register(CompilationStartAnalysisContext context, SdkTypes types)
    {
        if (types.IsConnectorAssembly)
        {
            var started = new StartedThings(context.Compilation);
            context.RegisterSymbolStartAction(start => new Collected(this, (INamedTypeSymbol)start.Symbol, types, started).Register(start), SymbolKind.NamedType);
        }
    }

    private sealed class Collected(LifetimeAnalyzer analyzer, INamedTypeSymbol type, SdkTypes types, StartedThings started)
    {
        /// <summary>What was started, in which member, and the field or property that holds it.</summary>
        private readonly ConcurrentBag<(IOperation Start, string Name, ISymbol Member, ISymbol? Holder)> _starts = [];
        private readonly ConcurrentDictionary<ISymbol, bool> _tied = new(SymbolEqualityComparer.Default);
        private readonly ConcurrentDictionary<ISymbol, bool> _ended = new(SymbolEqualityComparer.Default);

        internal void Register(SymbolStartAnalysisContext start)
        {
            start.RegisterOperationAction(LookAtStart, OperationKind.ObjectCreation, OperationKind.Invocation);
            start.RegisterOperationAction(
                LookAtReference, OperationKind.PropertyReference, OperationKind.FieldReference, OperationKind.ParameterReference, OperationKind.LocalReference);
            start.RegisterSymbolEndAction(end =>
            {
                foreach (var (operation, name, member, holder) in _starts)
                {
                    if (!_tied.ContainsKey(member) && (holder is null || !_ended.ContainsKey(holder)))
                    {
                        var place = operation is IInvocationOperation invocation ? CodePlaces.Name(invocation) : operation.Syntax;
                        end.ReportDiagnostic(Diagnostic.Create(analyzer.Rule, place.GetLocation(), name));
                    }
                }
            });
        }

        private bool IsMine(ISymbol member) => SdkTypes.Same(member.ContainingType, type);

        private void LookAtStart(OperationAnalysisContext context)
        {
            if (!IsMine(context.ContainingSymbol) || started.NameOf(context.Operation) is not { } name)
            {
                return;
            }

            var parent = CodePlaces.Outer(context.Operation, out var inner);
            switch (parent)
            {
                case IExpressionStatementOperation:

                // new Thread(…).Start() keeps nothing to join; a task that is awaited is waited for.
                case IInvocationOperation { TargetMethod.Name: "Start" }:
                case ISimpleAssignmentOperation { Target: IDiscardOperation }:
                    _starts.Add((context.Operation, name, context.ContainingSymbol, null));
                    break;
                case IAssignmentOperation assignment when ReferenceEquals(assignment.Value, inner):
                    Assigned(context, name, assignment.Target);
                    break;
                case IFieldInitializerOperation field:
                    _starts.Add((context.Operation, name, context.ContainingSymbol, field.InitializedFields.FirstOrDefault()));
                    break;
                case IPropertyInitializerOperation property:
                    _starts.Add((context.Operation, name, context.ContainingSymbol, property.InitializedProperties.FirstOrDefault()));
                    break;
                case IVariableInitializerOperation { Parent: IVariableDeclaratorOperation declarator } when !IsUsing(declarator):
                    Local(context, name, declarator.Symbol);
                    break;
                default:
                    break;
            }
        }

        private void Assigned(OperationAnalysisContext context, string name, IOperation target)
        {
            switch (target)
            {
                case IMemberReferenceOperation { Instance: null or IInstanceReferenceOperation } reference when IsMine(reference.Member):
                    _starts.Add((context.Operation, name, context.ContainingSymbol, reference.Member));
                    break;
                case ILocalReferenceOperation local:
                    Local(context, name, local.Local);
                    break;
                default:
                    break;
            }
        }

        // Whoever gets the local may end it; one that only starts, or nobody uses, is ended by nobody. What becomes of tasks is not followed.
        private void Local(OperationAnalysisContext context, string name, ILocalSymbol local)
        {
            var body = context.Operation;
            while (body.Parent is not null)
            {
                body = body.Parent;
            }

            var uses = body.Descendants().OfType<ILocalReferenceOperation>().Where(each => SdkTypes.Same(each.Local, local)).ToList();
            var stored = uses.Select(StoredIn).FirstOrDefault(each => each is not null);
            if (stored is not null || (!StartedThings.IsTask(context.Operation) && uses.All(IsIdle)))
            {
                _starts.Add((context.Operation, name, context.ContainingSymbol, stored));
            }
        }

        private ISymbol? StoredIn(ILocalReferenceOperation use) =>
            CodePlaces.Outer(use, out var inner) is ISimpleAssignmentOperation { Target: IMemberReferenceOperation { Instance: null or IInstanceReferenceOperation } reference } assignment
            && ReferenceEquals(assignment.Value, inner) && IsMine(reference.Member)
                ? reference.Member
                : null;

        private static bool IsIdle(ILocalReferenceOperation use) => CodePlaces.Outer(use, out var inner) switch
        {
            IInvocationOperation call => ReferenceEquals(call.Instance, inner)
                && call.TargetMethod.Name is not ("Dispose" or "DisposeAsync" or "Join" or "Stop" or "Close"),
            IMemberReferenceOperation => true,
            IAssignmentOperation assignment => ReferenceEquals(assignment.Target, inner),
            _ => false,
        };

        private static bool IsUsing(IOperation declarator)
        {
            for (var current = declarator; current is not null; current = current.Parent)
            {
                if (current is IUsingDeclarationOperation or IUsingOperation)
                {
                    return true;
                }

                if (current is IBlockOperation)
                {
                    return false;
                }
            }

            return false;
        }

        private void LookAtReference(OperationAnalysisContext context)
        {
            var symbol = context.Operation switch
            {
                IMemberReferenceOperation member => member.Member,
                IParameterReferenceOperation parameter => parameter.Parameter,
                ILocalReferenceOperation local => local.Local,
                _ => (ISymbol?)null,
            };
            if (symbol is null)
            {
                return;
            }

            // The token itself, or what it was called when it was handed on.
            if (symbol is IPropertySymbol { Name: "Lifetime" } property && SdkTypes.Same(property.ContainingType, types.ConnectorContext)
                || (SdkTypes.Same(context.Operation.Type, types.CancellationToken) && symbol.Name.IndexOf("lifetime", StringComparison.OrdinalIgnoreCase) >= 0))
            {
                _tied[context.ContainingSymbol] = true;
            }

            if (IsMine(symbol) && IsMine(context.ContainingSymbol) && IsEnding(context.ContainingSymbol))
            {
                _ended[symbol] = true;
            }
        }

        private static bool IsEnding(ISymbol member)
        {
            var name = member.Name.Substring(member.Name.LastIndexOf('.') + 1);
            return name is "OnDestroyAsync" or "CloseAsync" or "Dispose" or "DisposeAsync" or "DisposeAsyncCore" or "OnUnload" or "StopAsync" or "Stop";
        }
    }
}
