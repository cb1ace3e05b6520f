using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>PR1007: two actions of one id.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ActionIdAnalyzer() : ConnectorAnalyzer(Rules.ActionIdRule)
{
    private protected override void Register(CompilationStartAnalysisContext context, SdkTypes types) =>
        context.RegisterSymbolStartAction(
            start =>
            {
                if (!SdkTypes.DerivesFrom(((INamedTypeSymbol)start.Symbol).BaseType, types.Connector))
                {
                    return;
                }

                var calls = new ConcurrentBag<(string Id, IInvocationOperation Call, ISymbol Member)>();
                var clears = new ConcurrentBag<IOperation>();
                start.RegisterOperationAction(
                    operation =>
                    {
                        var call = (IInvocationOperation)operation.Operation;
                        if (!SdkTypes.Same(call.TargetMethod.ContainingType.OriginalDefinition, types.Connector))
                        {
                            return;
                        }

                        if (call.TargetMethod.Name == "ClearActions")
                        {
                            clears.Add(call);
                        }
                        else if (call.TargetMethod.Name is "Action" or "RawAction" && IdOf(call)?.ConstantValue is { HasValue: true, Value: string id })
                        {
                            calls.Add((id, call, operation.ContainingSymbol));
                        }
                    },
                    OperationKind.Invocation);
                start.RegisterSymbolEndAction(end =>
                {
                    if (!clears.IsEmpty)
                    {
                        return;
                    }

                    foreach (var group in calls.GroupBy(each => each.Id))
                    {
                        var ordered = group.OrderBy(each => each.Call.Syntax.SyntaxTree.FilePath).ThenBy(each => each.Call.Syntax.SpanStart).ToList();
                        for (var index = 1; index < ordered.Count; index++)
                        {
                            if (ordered.Take(index).Any(earlier => BothRun(earlier, ordered[index])))
                            {
                                end.ReportDiagnostic(Diagnostic.Create(Rule, IdOf(ordered[index].Call)!.Syntax.GetLocation(), group.Key));
                            }
                        }
                    }
                });
            },
            SymbolKind.NamedType);

    private static IOperation? IdOf(IInvocationOperation call) => call.Arguments.FirstOrDefault(each => each.Parameter?.Name == "id")?.Value;

    // Only what certainly runs in one object: one constructor of several does, and one branch of an if or switch.
    private static bool BothRun((string Id, IInvocationOperation Call, ISymbol Member) one, (string Id, IInvocationOperation Call, ISymbol Member) other)
    {
        if (!SdkTypes.Same(one.Member, other.Member))
        {
            return IsRunAnyway(one.Member) && IsRunAnyway(other.Member) && !(IsConstructor(one.Member) && IsConstructor(other.Member))
                && IsUnconditional(one.Call) && IsUnconditional(other.Call);
        }

        var (first, second) = (Path(one.Call), Path(other.Call));
        var depth = 0;
        while (depth < first.Count && depth < second.Count && ReferenceEquals(first[depth], second[depth]))
        {
            depth++;
        }

        var parted = depth > 0 ? first[depth - 1] : null;
        return parted is not (IConditionalOperation or ISwitchOperation or ISwitchExpressionOperation)
            && !(depth < first.Count && first[depth].DescendantsAndSelf().Any(each => each is IReturnOperation { IsImplicit: false } or IThrowOperation));
    }

    private static bool IsConstructor(ISymbol member) => member is IMethodSymbol { MethodKind: MethodKind.Constructor };

    private static bool IsRunAnyway(ISymbol member) => IsConstructor(member) || member is IMethodSymbol { Name: "OnInitAsync", IsOverride: true };

    private static bool IsUnconditional(IOperation call) =>
        !Path(call).Any(each => each is IConditionalOperation or ISwitchOperation or ISwitchExpressionOperation or ILoopOperation or ITryOperation or IAnonymousFunctionOperation or ILocalFunctionOperation);

    private static List<IOperation> Path(IOperation operation)
    {
        var path = new List<IOperation>();
        for (var current = operation; current is not null; current = current.Parent)
        {
            path.Insert(0, current);
        }

        return path;
    }
}
