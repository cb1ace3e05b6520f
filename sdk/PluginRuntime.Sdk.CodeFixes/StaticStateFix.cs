using System.Composition;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.FindSymbols;
using Microsoft.CodeAnalysis.Operations;
using PluginRuntime.Sdk.Analyzers;

namespace PluginRuntime.Sdk.CodeFixes;

/// <summary>PR1005: adds <c>readonly</c> to a field that nobody writes, where that is all it lacks.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp)]
[Shared]
public sealed class StaticStateFix() : ConnectorFix(Rules.StaticState)
{
    private protected override async Task<CodeAction?> FixAsync(Reported reported, CancellationToken cancellationToken)
    {
        if (reported.Node.FirstAncestorOrSelf<VariableDeclaratorSyntax>() is not { Parent.Parent: FieldDeclarationSyntax { Declaration.Variables.Count: 1 } declaration } variable
            || reported.Model.GetDeclaredSymbol(variable, cancellationToken) is not IFieldSymbol { IsReadOnly: false, IsVolatile: false } field
            || field.GetAttributes().Any(each => each.AttributeClass?.Name == "ThreadStaticAttribute")
            || new ChangingTypes(reported.Model.Compilation).Contains(field.Type))
        {
            return null;
        }

        var references = await SymbolFinder.FindReferencesAsync(field, reported.Document.Project.Solution, cancellationToken).ConfigureAwait(false);
        foreach (var location in references.SelectMany(each => each.Locations))
        {
            var model = await location.Document.GetSemanticModelAsync(cancellationToken).ConfigureAwait(false);
            var root = await location.Document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false);
            if (IsWritten(root!.FindNode(location.Location.SourceSpan, getInnermostNodeForTie: true), model!, cancellationToken))
            {
                return null;
            }
        }

        return reported.Edit(
            "Make it readonly",
            editor => editor.ReplaceNode(declaration, (node, generator) => generator.WithModifiers(node, generator.GetModifiers(node).WithIsReadOnly(true))));
    }

    private static bool IsWritten(SyntaxNode name, SemanticModel model, CancellationToken cancellationToken)
    {
        IOperation? reference = null;
        for (var node = name; node is not null && reference is null; node = node.Parent)
        {
            reference = model.GetOperation(node, cancellationToken);
        }

        return reference?.Parent switch
        {
            IAssignmentOperation assignment => ReferenceEquals(assignment.Target, reference) && !IsInStaticConstructor(name),
            IIncrementOrDecrementOperation or ITupleOperation or IAddressOfOperation => true,
            IArgumentOperation argument => argument.Parameter?.RefKind is RefKind.Ref or RefKind.Out,
            IVariableInitializerOperation { Parent: IVariableDeclaratorOperation { Symbol.IsRef: true } } => true,
            IReturnOperation => false,

            // A call on a field of a value type may change it.
            IInvocationOperation call => ReferenceEquals(call.Instance, reference) && reference.Type is { IsValueType: true, IsReadOnly: false, SpecialType: SpecialType.None },
            IMemberReferenceOperation => reference.Type is { IsValueType: true, SpecialType: SpecialType.None },
            _ => false,
        };
    }

    private static bool IsInStaticConstructor(SyntaxNode node) =>
        node.FirstAncestorOrSelf<ConstructorDeclarationSyntax>() is { } constructor
        && constructor.Modifiers.Any(Microsoft.CodeAnalysis.CSharp.SyntaxKind.StaticKeyword)
        && node.FirstAncestorOrSelf<AnonymousFunctionExpressionSyntax>() is null;
}
