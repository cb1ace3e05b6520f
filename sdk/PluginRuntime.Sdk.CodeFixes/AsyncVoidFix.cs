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
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.FindSymbols;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;
using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Sdk.CodeFixes;

/// <summary>
/// PR1003: returns a task, and awaits it where it is called. Only where each call is a statement of its own in a function that can await; a
/// method that somebody else's declaration or delegate wants to be void stays.
/// </summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
[Shared]
public sealed class AsyncVoidFix() : ConnectorFix(Rules.AsyncVoid)
{
    private protected override async Task<CodeAction?> FixAsync(Reported reported, CancellationToken cancellationToken)
    {
        var declaration = reported.Node.FirstAncestorOrSelf<SyntaxNode>(each => each is MethodDeclarationSyntax or LocalFunctionStatementSyntax or AnonymousFunctionExpressionSyntax);
        if (declaration is null or AnonymousFunctionExpressionSyntax
            || reported.Model.GetDeclaredSymbol(declaration, cancellationToken) is not IMethodSymbol method
            || method.IsOverride || method.IsVirtual || method.PartialDefinitionPart is not null || method.PartialImplementationPart is not null || Implements(method))
        {
            return null;
        }

        var solution = reported.Document.Project.Solution;
        var calls = new List<(Document Document, ExpressionStatementSyntax Statement)>();
        foreach (var location in (await SymbolFinder.FindReferencesAsync(method, solution, cancellationToken).ConfigureAwait(false)).SelectMany(each => each.Locations))
        {
            var root = await location.Document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false);
            if (CallAt(root!.FindNode(location.Location.SourceSpan, getInnermostNodeForTie: true)) is not { } statement || !CanAwait(statement))
            {
                return null;
            }

            calls.Add((location.Document, statement));
        }

        return reported.Change("Return a Task", async cancellation =>
        {
            var editor = new SolutionEditor(solution);
            foreach (var (document, statement) in calls)
            {
                (await editor.GetDocumentEditorAsync(document.Id, cancellation).ConfigureAwait(false)).ReplaceNode(
                    statement.Expression,
                    (call, _) => SyntaxFactory.AwaitExpression((ExpressionSyntax)call.WithoutTrivia()).WithTriviaFrom(call).WithAdditionalAnnotations(Formatter.Annotation));
            }

            var returned = declaration is MethodDeclarationSyntax syntax ? syntax.ReturnType : ((LocalFunctionStatementSyntax)declaration).ReturnType;
            (await editor.GetDocumentEditorAsync(reported.Document.Id, cancellation).ConfigureAwait(false)).ReplaceNode(
                returned,
                (type, _) => SyntaxFactory.ParseTypeName("global::System.Threading.Tasks.Task").WithTriviaFrom(type).WithAdditionalAnnotations(Simplifier.Annotation));
            return editor.GetChangedSolution();
        });
    }

    private static bool Implements(IMethodSymbol method) =>
        method.ExplicitInterfaceImplementations.Length > 0
        || (method.ContainingType is { } type && type.AllInterfaces.SelectMany(each => each.GetMembers(method.Name))
            .Any(each => SdkTypes.Same(type.FindImplementationForInterfaceMember(each), method)));

    private static ExpressionStatementSyntax? CallAt(SyntaxNode name)
    {
        var expression = name;
        while (expression.Parent is MemberAccessExpressionSyntax access && access.Name == expression)
        {
            expression = access;
        }

        return expression.Parent is InvocationExpressionSyntax invocation && invocation.Expression == expression ? invocation.Parent as ExpressionStatementSyntax : null;
    }

    private static bool CanAwait(ExpressionStatementSyntax statement)
    {
        foreach (var ancestor in statement.Ancestors())
        {
            switch (ancestor)
            {
                case LockStatementSyntax or UnsafeStatementSyntax:
                    return false;
                case AnonymousFunctionExpressionSyntax function:
                    return function.AsyncKeyword.IsKind(SyntaxKind.AsyncKeyword);
                case LocalFunctionStatementSyntax function:
                    return function.Modifiers.Any(SyntaxKind.AsyncKeyword);
                case MemberDeclarationSyntax member:
                    return member is MethodDeclarationSyntax && member.Modifiers.Any(SyntaxKind.AsyncKeyword);
                default:
                    break;
            }
        }

        return false;
    }
}
