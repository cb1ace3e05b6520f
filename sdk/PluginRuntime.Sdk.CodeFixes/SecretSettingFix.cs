using System.Composition;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;
using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Sdk.CodeFixes;

/// <summary>PR1008: marks the property, or the property of a record's parameter.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
[Shared]
public sealed class SecretSettingFix() : ConnectorFix(Rules.SecretSetting)
{
    private protected override Task<CodeAction?> FixAsync(Reported reported, CancellationToken cancellationToken) => Task.FromResult(Fix(reported));

    private static CodeAction? Fix(Reported reported)
    {
        var declaration = reported.Node.FirstAncestorOrSelf<SyntaxNode>(each => each is ParameterSyntax or PropertyDeclarationSyntax);
        var attribute = SyntaxFactory.AttributeList(SyntaxFactory.SingletonSeparatedList(
            SyntaxFactory.Attribute(SyntaxFactory.ParseName("global::PluginRuntime.Sdk.Secret").WithAdditionalAnnotations(Simplifier.Annotation))));
        SyntaxNode? changed = declaration switch
        {
            ParameterSyntax parameter => Marked(parameter, attribute),
            PropertyDeclarationSyntax property => property.WithoutLeadingTrivia()
                .WithAttributeLists(property.WithoutLeadingTrivia().AttributeLists.Insert(0, attribute.WithTrailingTrivia(SyntaxFactory.ElasticLineFeed)))
                .WithLeadingTrivia(property.GetLeadingTrivia()).WithAdditionalAnnotations(Formatter.Annotation),
            _ => null,
        };
        return changed is null ? null : reported.Edit("Mark it with [Secret]", editor => editor.ReplaceNode(declaration!, changed));
    }

    private static ParameterSyntax Marked(ParameterSyntax parameter, AttributeListSyntax attribute)
    {
        var target = SyntaxFactory.AttributeTargetSpecifier(SyntaxFactory.Token(SyntaxKind.PropertyKeyword)).WithColonToken(
            SyntaxFactory.Token(SyntaxKind.ColonToken).WithTrailingTrivia(SyntaxFactory.Space));
        var plain = parameter.WithoutLeadingTrivia();
        return plain.WithAttributeLists(plain.AttributeLists.Insert(0, attribute.WithTarget(target).WithTrailingTrivia(SyntaxFactory.Space)))
            .WithLeadingTrivia(parameter.GetLeadingTrivia());
    }
}
