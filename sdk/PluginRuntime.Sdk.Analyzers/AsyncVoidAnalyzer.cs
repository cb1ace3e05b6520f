using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>PR1003: async void, of methods, local functions and lambdas, event handlers included.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class AsyncVoidAnalyzer() : ConnectorAnalyzer(Rules.AsyncVoidRule)
{
    private protected override void Register(CompilationStartAnalysisContext context, SdkTypes types)
    {
        if (!types.IsConnectorAssembly)
        {
            return;
        }

        context.RegisterSymbolAction(
            symbol =>
            {
                var method = (IMethodSymbol)symbol.Symbol;
                if (method is { IsAsync: true, ReturnsVoid: true, PartialDefinitionPart: null })
                {
                    symbol.ReportDiagnostic(Diagnostic.Create(Rule, method.Locations[0], method.Name));
                }
            },
            SymbolKind.Method);
        context.RegisterOperationAction(
            operation =>
            {
                var function = (ILocalFunctionOperation)operation.Operation;
                if (function.Symbol is { IsAsync: true, ReturnsVoid: true })
                {
                    operation.ReportDiagnostic(Diagnostic.Create(Rule, function.Symbol.Locations[0], function.Symbol.Name));
                }
            },
            OperationKind.LocalFunction);
        context.RegisterOperationAction(
            operation =>
            {
                var function = (IAnonymousFunctionOperation)operation.Operation;
                if (function.Symbol is { IsAsync: true, ReturnsVoid: true } && function.Syntax is AnonymousFunctionExpressionSyntax syntax)
                {
                    operation.ReportDiagnostic(Diagnostic.Create(Rule, syntax.AsyncKeyword.GetLocation(), "async lambda"));
                }
            },
            OperationKind.AnonymousFunction);
    }
}
