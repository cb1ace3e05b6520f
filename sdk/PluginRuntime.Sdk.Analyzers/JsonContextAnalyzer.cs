using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>PR1001: types of actions and settings that the connector's JsonSerializerContext does not know.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class JsonContextAnalyzer() : ConnectorAnalyzer(Rules.UnknownJsonTypeRule)
{
    /// <summary>The property of a diagnostic that holds the missing type's reference id, and the one for its context's.</summary>
    internal const string TypeProperty = "type";

    internal const string ContextProperty = "context";

    private protected override void Register(CompilationStartAnalysisContext context, SdkTypes types) =>
        context.RegisterSymbolStartAction(
            start =>
            {
                var type = (INamedTypeSymbol)start.Symbol;
                if (SdkTypes.DerivesFrom(type.BaseType, types.Connector))
                {
                    new Collected(this, type, types).Register(start);
                }
            },
            SymbolKind.NamedType);

    private sealed class Collected(JsonContextAnalyzer analyzer, INamedTypeSymbol connector, SdkTypes types)
    {
        private readonly ConcurrentBag<(ITypeSymbol Type, Location Location)> _uses = [];
        private readonly ConcurrentBag<INamedTypeSymbol> _contexts = [];
        private volatile bool _isContextUnknown;

        internal void Register(SymbolStartAnalysisContext start)
        {
            if (types.SettingsOf(connector) is { } settings)
            {
                _uses.Add((settings.Type, CodePlaces.SettingsArgument(settings.Attribute, start.CancellationToken)));
            }

            start.RegisterSyntaxNodeAction(LookAtBase, SyntaxKind.BaseConstructorInitializer, SyntaxKind.PrimaryConstructorBaseType);
            start.RegisterOperationAction(LookAtCall, OperationKind.Invocation);
            start.RegisterSymbolEndAction(Report);
        }

        private void LookAtBase(SyntaxNodeAnalysisContext context)
        {
            if (!SdkTypes.Same(context.ContainingSymbol as INamedTypeSymbol ?? context.ContainingSymbol?.ContainingType, connector))
            {
                return;
            }

            var arguments = (context.Node as ConstructorInitializerSyntax)?.ArgumentList ?? ((PrimaryConstructorBaseTypeSyntax)context.Node).ArgumentList;
            foreach (var argument in arguments.Arguments)
            {
                var type = context.SemanticModel.GetTypeInfo(argument.Expression, context.CancellationToken).Type;
                if (type is null or IErrorTypeSymbol && argument.Expression is MemberAccessExpressionSyntax access)
                {
                    // Default is generated; an editor may not have it yet.
                    type = context.SemanticModel.GetSymbolInfo(access.Expression, context.CancellationToken).Symbol as INamedTypeSymbol;
                }

                if (SdkTypes.Same(type, types.JsonSerializerContext) || type is null or IErrorTypeSymbol or ITypeParameterSymbol)
                {
                    _isContextUnknown = true;
                }
                else if (SdkTypes.DerivesFrom(type, types.JsonSerializerContext))
                {
                    _contexts.Add((INamedTypeSymbol)type);
                }
            }
        }

        private void LookAtCall(OperationAnalysisContext context)
        {
            var invocation = (IInvocationOperation)context.Operation;
            var method = invocation.TargetMethod;
            var isAction = method.Name == "Action" && SdkTypes.Same(method.ContainingType.OriginalDefinition, types.Connector);
            var isSettings = method.Name == "GetSettings" && SdkTypes.Same(method.ContainingType, types.ConnectorContext);
            if (!isAction && !isSettings)
            {
                return;
            }

            for (var index = 0; index < method.TypeArguments.Length; index++)
            {
                _uses.Add((method.TypeArguments[index], CodePlaces.TypeArgument(invocation, index)));
            }
        }

        private void Report(SymbolAnalysisContext context)
        {
            // What a class between passes to Connector is not seen here.
            var isDirect = SdkTypes.Same(connector.BaseType?.OriginalDefinition, types.Connector);
            if (_isContextUnknown || (_contexts.IsEmpty && !isDirect))
            {
                return;
            }

            var reported = new HashSet<ITypeSymbol>(SymbolEqualityComparer.Default);
            foreach (var (type, location) in _uses.OrderBy(each => each.Location.SourceTree?.FilePath).ThenBy(each => each.Location.SourceSpan.Start))
            {
                if (IsNamed(type) && !_contexts.Any(each => types.Knows(each, type)) && reported.Add(type))
                {
                    context.ReportDiagnostic(Create(type, location));
                }
            }
        }

        private Diagnostic Create(ITypeSymbol type, Location location)
        {
            var name = type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);
            if (_contexts.OrderBy(each => each.Name, System.StringComparer.Ordinal).FirstOrDefault() is not { } known)
            {
                return Diagnostic.Create(analyzer.Rule, location, name, "its constructor passes none to its base");
            }

            var properties = ImmutableDictionary<string, string?>.Empty
                .Add(TypeProperty, DocumentationCommentId.CreateReferenceId(type)).Add(ContextProperty, DocumentationCommentId.CreateDeclarationId(known));
            return Diagnostic.Create(analyzer.Rule, location, properties, name, $"add [JsonSerializable(typeof({name}))] to '{known.Name}'");
        }

        private static bool IsNamed(ITypeSymbol type) => type switch
        {
            IErrorTypeSymbol or ITypeParameterSymbol => false,
            IArrayTypeSymbol array => IsNamed(array.ElementType),
            INamedTypeSymbol named => named.TypeArguments.All(IsNamed),
            _ => true,
        };
    }
}
