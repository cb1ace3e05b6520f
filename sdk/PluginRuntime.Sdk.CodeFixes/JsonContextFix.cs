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
using Microsoft.CodeAnalysis.Simplification;
using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Sdk.CodeFixes;

/// <summary>PR1001: names the type in an attribute of the context, where that is in the solution.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
[Shared]
public sealed class JsonContextFix() : ConnectorFix(Rules.UnknownJsonType)
{
    private protected override Task<CodeAction?> FixAsync(Reported reported, CancellationToken cancellationToken)
    {
        var compilation = reported.Model.Compilation;
        var type = reported.Property(JsonContextAnalyzer.TypeProperty) is { } id ? DocumentationCommentId.GetFirstSymbolForReferenceId(id, compilation) as ITypeSymbol : null;
        var context = reported.Property(JsonContextAnalyzer.ContextProperty) is { } name ? DocumentationCommentId.GetFirstSymbolForDeclarationId(name, compilation) : null;

        // The part that has such attributes, and is written by hand.
        var declarations = context?.DeclaringSyntaxReferences.Select(each => each.GetSyntax(cancellationToken)).OfType<ClassDeclarationSyntax>()
            .Where(each => reported.Document.Project.Solution.GetDocument(each.SyntaxTree) is not (null or SourceGeneratedDocument))
            .OrderByDescending(each => each.AttributeLists.Count).ToList();
        if (type is null || declarations is not { Count: > 0 })
        {
            return Task.FromResult<CodeAction?>(null);
        }

        var declaration = declarations[0];
        var document = reported.Document.Project.Solution.GetDocument(declaration.SyntaxTree)!;
        return Task.FromResult<CodeAction?>(reported.Change(
            $"Add [JsonSerializable(typeof({type.Name}))] to {context!.Name}",
            async cancellation =>
            {
                var editor = await DocumentEditor.CreateAsync(document, cancellation).ConfigureAwait(false);
                var argument = SyntaxFactory.AttributeArgument(SyntaxFactory.TypeOfExpression((TypeSyntax)editor.Generator.TypeExpression(type).WithAdditionalAnnotations(Simplifier.Annotation)));
                var attribute = SyntaxFactory.Attribute(
                    SyntaxFactory.ParseName("global::System.Text.Json.Serialization.JsonSerializable").WithAdditionalAnnotations(Simplifier.Annotation),
                    SyntaxFactory.AttributeArgumentList(SyntaxFactory.SingletonSeparatedList(argument)));
                editor.AddAttribute(declaration, SyntaxFactory.AttributeList(SyntaxFactory.SingletonSeparatedList(attribute)));
                return editor.GetChangedDocument().Project.Solution;
            }));
    }
}
