using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>PR1004: calls that could have the token which is at hand, and do not get it.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TokenAnalyzer() : ConnectorAnalyzer(Rules.TokenRule)
{
    /// <summary>The property of a diagnostic that holds the token's name, and the one for the parameter that takes it.</summary>
    internal const string TokenProperty = "token";

    internal const string ParameterProperty = "parameter";

    private protected override void Register(CompilationStartAnalysisContext context, SdkTypes types)
    {
        if (types.CancellationToken is not null && types.IsConnectorAssembly)
        {
            context.RegisterOperationAction(operation => Look(operation, types), OperationKind.Invocation);
        }
    }

    private void Look(OperationAnalysisContext context, SdkTypes types)
    {
        var invocation = (IInvocationOperation)context.Operation;

        // A continuation that observes or cleans up must not be cancelled with what it follows; the others only say that something was cancelled.
        // What is started to outlast its starter has a token of its own inside; the starter's would only keep it from beginning.
        if (invocation.TargetMethod.Name is "ContinueWith" or "SetCanceled" or "TrySetCanceled" || IsStart(invocation.TargetMethod) || TokenAt(invocation, context.ContainingSymbol, types) is not { } token)
        {
            return;
        }

        var taking = invocation.Arguments.Where(each => SdkTypes.Same(each.Parameter?.Type, types.CancellationToken)).ToList();
        if (taking.Count > 0)
        {
            foreach (var argument in taking)
            {
                if (argument.ArgumentKind == ArgumentKind.DefaultValue)
                {
                    Report(context, invocation, CodePlaces.Name(invocation).GetLocation(), token, argument.Parameter!.Name);
                }
                else if (IsNone(argument.Value, types) && !IsCleanup(invocation))
                {
                    Report(context, invocation, argument.Value.Syntax.GetLocation(), token, argument.Parameter!.Name);
                }
            }
        }
        else if (Overload(invocation, context, types) is { } overload)
        {
            Report(context, invocation, CodePlaces.Name(invocation).GetLocation(), token, overload.Parameters[overload.Parameters.Length - 1].Name);
        }
    }

    private void Report(OperationAnalysisContext context, IInvocationOperation invocation, Location location, IParameterSymbol token, string parameter) =>
        context.ReportDiagnostic(Diagnostic.Create(
            Rule,
            location,
            ImmutableDictionary<string, string?>.Empty.Add(TokenProperty, token.Name).Add(ParameterProperty, parameter),
            token.Name,
            invocation.TargetMethod.Name));

    private static bool IsStart(IMethodSymbol method) =>
        method.Name is "Run" or "StartNew" && method.ContainingType is { Name: "Task" or "TaskFactory", ContainingNamespace.Name: "Tasks" };

    /// <summary>
    /// The parameter of the innermost function that has one. A static function sees only its own; so does a lambda, which may be called when
    /// what made it has ended and its token is dead: by a timer, as a handler of an event.
    /// </summary>
    private static IParameterSymbol? TokenAt(IInvocationOperation invocation, ISymbol member, SdkTypes types)
    {
        for (IOperation? current = invocation; current is not null; current = current.Parent)
        {
            var function = (current as IAnonymousFunctionOperation)?.Symbol ?? (current as ILocalFunctionOperation)?.Symbol;
            if (function is null)
            {
                continue;
            }

            if (Own(function, types) is { } own)
            {
                return own;
            }

            if (function.IsStatic || current is IAnonymousFunctionOperation)
            {
                return null;
            }
        }

        return member is IMethodSymbol method ? Own(method, types) : null;
    }

    private static IParameterSymbol? Own(IMethodSymbol function, SdkTypes types) =>
        function.Parameters.LastOrDefault(each => SdkTypes.Same(each.Type, types.CancellationToken) && each.RefKind is RefKind.None or RefKind.In && each.Name != "_");

    private static bool IsNone(IOperation value, SdkTypes types) => CodePlaces.Unconverted(value) switch
    {
        IDefaultValueOperation => true,
        IPropertyReferenceOperation { Property.Name: "None" } property => SdkTypes.Same(property.Property.ContainingType, types.CancellationToken),
        IObjectCreationOperation { Arguments.Length: 0 } => true,
        _ => false,
    };

    // What mends a failure has to run although the token is cancelled by then.
    private static bool IsCleanup(IOperation operation)
    {
        for (var current = operation; current.Parent is not null; current = current.Parent)
        {
            if (current is ICatchClauseOperation || (current.Parent is ITryOperation { Finally: { } cleanup } && ReferenceEquals(cleanup, current)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The method of the same name and parameters that takes a token after them.</summary>
    private static IMethodSymbol? Overload(IInvocationOperation invocation, OperationAnalysisContext context, SdkTypes types)
    {
        var called = (invocation.TargetMethod.ReducedFrom ?? invocation.TargetMethod).OriginalDefinition;
        if (invocation.Arguments.Any(each => each.ArgumentKind is ArgumentKind.ParamArray or ArgumentKind.ParamCollection))
        {
            return null;
        }

        return called.ContainingType.GetMembers(called.Name).OfType<IMethodSymbol>().FirstOrDefault(each =>
            each.Parameters.Length == called.Parameters.Length + 1
            && each.TypeParameters.Length == called.TypeParameters.Length
            && each.IsStatic == called.IsStatic
            && SdkTypes.Same(each.Parameters[each.Parameters.Length - 1].Type, types.CancellationToken)
            && Enumerable.Range(0, called.Parameters.Length).All(index => IsSame(each.Parameters[index].Type, called.Parameters[index].Type))
            && IsSame(each.ReturnType, called.ReturnType)
            && !SdkTypes.Same(each, (context.ContainingSymbol as IMethodSymbol)?.OriginalDefinition)
            && !each.GetAttributes().Any(attribute => attribute.AttributeClass?.Name == "ObsoleteAttribute")
            && context.Compilation.IsSymbolAccessibleWithin(each, context.ContainingSymbol.ContainingType ?? (ISymbol)context.Compilation.Assembly));
    }

    // Type parameters of two methods are two; by place and name they are what they are within.
    private static bool IsSame(ITypeSymbol one, ITypeSymbol other) => (one, other) switch
    {
        (ITypeParameterSymbol first, ITypeParameterSymbol second) => first.TypeParameterKind == second.TypeParameterKind && first.Ordinal == second.Ordinal,
        (IArrayTypeSymbol first, IArrayTypeSymbol second) => IsSame(first.ElementType, second.ElementType),
        (INamedTypeSymbol { IsGenericType: true } first, INamedTypeSymbol { IsGenericType: true } second) =>
            SdkTypes.Same(first.OriginalDefinition, second.OriginalDefinition)
            && Enumerable.Range(0, first.TypeArguments.Length).All(index => IsSame(first.TypeArguments[index], second.TypeArguments[index])),
        _ => SdkTypes.Same(one, other),
    };
}
