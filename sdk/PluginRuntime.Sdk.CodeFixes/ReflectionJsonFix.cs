using System.Collections.Generic;
using System.Composition;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;
using Microsoft.CodeAnalysis.Simplification;
using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Sdk.CodeFixes;

/// <summary>PR1002: passes the type information of a context of the compilation that knows the type, in place of options.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
[Shared]
public sealed class ReflectionJsonFix() : ConnectorFix(Rules.ReflectionJson)
{
    private protected override Task<CodeAction?> FixAsync(Reported reported, CancellationToken cancellationToken)
    {
        var types = SdkTypes.Of(reported.Model.Compilation);
        if (types is null
            || reported.Node.FirstAncestorOrSelf<InvocationExpressionSyntax>() is not { } invocation

            // What stands after ?. cannot be looked at by itself.
            || invocation.Ancestors().Any(each => each is ConditionalAccessExpressionSyntax)
            || reported.Model.GetOperation(invocation, cancellationToken) is not IInvocationOperation { TargetMethod: { TypeArguments.Length: 1 } method } operation
            || InformationFor(method.TypeArguments[0], types, reported.Model.Compilation) is not { } information
            || With(invocation, operation, information, types, reported.IsExtension(invocation)) is not { } changed
            || reported.Model.GetSpeculativeSymbolInfo(invocation.SpanStart, changed, SpeculativeBindingOption.BindAsExpression).Symbol is not IMethodSymbol called
            || !called.Parameters.Any(each => SdkTypes.DerivesFrom(each.Type, types.JsonTypeInfo)))
        {
            return Task.FromResult<CodeAction?>(null);
        }

        return Task.FromResult<CodeAction?>(reported.Edit(
            $"Pass {information.ContainingType.Name}.Default.{information.Name}", editor => editor.ReplaceNode(invocation, changed)));
    }

    /// <summary>Puts the information where the overload that takes it has it, and takes options away.</summary>
    private static InvocationExpressionSyntax? With(
        InvocationExpressionSyntax invocation, IInvocationOperation operation, IPropertySymbol information, SdkTypes types, bool isExtension)
    {
        var definition = (operation.TargetMethod.ReducedFrom ?? operation.TargetMethod).OriginalDefinition;
        var kept = definition.Parameters.Where(each => each.Type.Name != "JsonSerializerOptions").Select(each => each.Name).ToList();
        var overload = definition.ContainingType.GetMembers(definition.Name).OfType<IMethodSymbol>().FirstOrDefault(
            each => each.TypeParameters.Length == 1 && each.Parameters.Any(parameter => SdkTypes.DerivesFrom(parameter.Type, types.JsonTypeInfo))
                && kept.SequenceEqual(each.Parameters.Where(parameter => !SdkTypes.DerivesFrom(parameter.Type, types.JsonTypeInfo)).Select(parameter => parameter.Name))
                && IsSame(each.Parameters[0].Type, definition.Parameters[0].Type) && IsSame(each.Parameters[1].Type, definition.Parameters.ElementAtOrDefault(1)?.Type, types));
        if (overload is null)
        {
            return null;
        }

        var position = overload.Parameters.TakeWhile(each => !SdkTypes.DerivesFrom(each.Type, types.JsonTypeInfo)).Count()
            - (isExtension ? 1 : 0);
        var arguments = operation.Arguments
            .Where(each => each.ArgumentKind == ArgumentKind.Explicit && each.Syntax is ArgumentSyntax && each.Parameter?.Type.Name != "JsonSerializerOptions")
            .Select(each => (ArgumentSyntax)each.Syntax).OrderBy(each => each.SpanStart).ToList();
        var value = SyntaxFactory.ParseExpression(
            $"{information.ContainingType.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat)}.Default.{information.Name}").WithAdditionalAnnotations(Simplifier.Annotation);
        var argument = SyntaxFactory.Argument(value);
        if (position > arguments.Count || arguments.Take(position).Any(each => each.NameColon is not null))
        {
            argument = argument.WithNameColon(SyntaxFactory.NameColon(overload.Parameters.First(each => SdkTypes.DerivesFrom(each.Type, types.JsonTypeInfo)).Name));
            position = arguments.Count;
        }

        arguments.Insert(position, argument);
        var separated = SyntaxFactory.SeparatedList(
            arguments.Select(each => each.WithoutTrivia()), Enumerable.Repeat(SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(SyntaxFactory.Space), arguments.Count - 1));
        return invocation.WithArgumentList(invocation.ArgumentList.WithArguments(separated));
    }

    // Where the second parameter is the information itself there is nothing to compare.
    private static bool IsSame(ITypeSymbol one, ITypeSymbol? other, SdkTypes types) =>
        SdkTypes.DerivesFrom(one, types.JsonTypeInfo) || (other is not null && IsSame(one, other));

    private static bool IsSame(ITypeSymbol one, ITypeSymbol other) =>
        (one is ITypeParameterSymbol && other is ITypeParameterSymbol) || SdkTypes.Same(one, other);

    private static IPropertySymbol? InformationFor(ITypeSymbol type, SdkTypes types, Compilation compilation) =>
        Contexts(compilation.Assembly.GlobalNamespace, types).Select(each => types.PropertyFor(each, type)).FirstOrDefault(each => each is not null);

    private static IEnumerable<INamedTypeSymbol> Contexts(INamespaceOrTypeSymbol container, SdkTypes types)
    {
        foreach (var member in container.GetMembers().OfType<INamespaceOrTypeSymbol>())
        {
            if (member is INamedTypeSymbol type && SdkTypes.DerivesFrom(type, types.JsonSerializerContext))
            {
                yield return type;
            }

            foreach (var inner in Contexts(member, types))
            {
                yield return inner;
            }
        }
    }
}
