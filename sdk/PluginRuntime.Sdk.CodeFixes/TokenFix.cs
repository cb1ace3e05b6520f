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
using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Sdk.CodeFixes;

/// <summary>PR1004: passes the token.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
[Shared]
public sealed class TokenFix() : ConnectorFix(Rules.Token)
{
    private protected override Task<CodeAction?> FixAsync(Reported reported, CancellationToken cancellationToken) => Task.FromResult(Fix(reported, cancellationToken));

    private static CodeAction? Fix(Reported reported, CancellationToken cancellationToken)
    {
        if (reported.Property(TokenAnalyzer.TokenProperty) is not { } token || reported.Property(TokenAnalyzer.ParameterProperty) is not { } parameter)
        {
            return null;
        }

        var title = $"Pass '{token}'";
        var expression = SyntaxFactory.ParseExpression(token);
        if (reported.Node is ExpressionSyntax none && none.FirstAncestorOrSelf<ArgumentSyntax>() is { } argument && argument.Expression.Span == reported.Diagnostic.Location.SourceSpan)
        {
            return reported.Edit(title, editor => editor.ReplaceNode(argument.Expression, expression.WithTriviaFrom(argument.Expression)));
        }

        if (reported.Node.FirstAncestorOrSelf<InvocationExpressionSyntax>() is not { } invocation
            || reported.Model.GetOperation(invocation, cancellationToken) is not IInvocationOperation operation)
        {
            return null;
        }

        // By its place where all before it are given by theirs, else by its name.
        var before = operation.TargetMethod.Parameters.TakeWhile(each => each.Name != parameter).Count() - (reported.IsExtension(invocation) ? 1 : 0);
        var arguments = invocation.ArgumentList.Arguments;
        var passed = SyntaxFactory.Argument(expression);
        if (arguments.Count != before || arguments.Any(each => each.NameColon is not null))
        {
            passed = passed.WithNameColon(SyntaxFactory.NameColon(parameter));
        }

        var changed = invocation.WithArgumentList(invocation.ArgumentList.AddArguments(passed));

        // What stands after ?. cannot be looked at by itself.
        return !invocation.Ancestors().Any(each => each is ConditionalAccessExpressionSyntax)
            && reported.Model.GetSpeculativeSymbolInfo(invocation.SpanStart, changed, SpeculativeBindingOption.BindAsExpression).Symbol is null
            ? null
            : reported.Edit(title, editor => editor.ReplaceNode(invocation, (current, _) =>
                ((InvocationExpressionSyntax)current).WithArgumentList(((InvocationExpressionSyntax)current).ArgumentList.AddArguments(passed))));
    }
}
