using System;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;

namespace PluginRuntime.Sdk.CodeFixes;

/// <summary>One report, and the document that it is in.</summary>
internal sealed class Reported(Document document, SyntaxNode root, SemanticModel model, Diagnostic diagnostic)
{
    internal Document Document => document;

    internal SyntaxNode Root => root;

    internal SemanticModel Model => model;

    internal Diagnostic Diagnostic => diagnostic;

    /// <summary>What is reported, as far in as it goes.</summary>
    internal SyntaxNode Node => root.FindNode(diagnostic.Location.SourceSpan, getInnermostNodeForTie: true);

    internal string? Property(string name) => diagnostic.Properties.TryGetValue(name, out var value) ? value : null;

    /// <summary>Whether a call is written as one of an extension method: the first argument stands before the dot.</summary>
    internal bool IsExtension(InvocationExpressionSyntax invocation) => model.GetSymbolInfo(invocation).Symbol is IMethodSymbol { ReducedFrom: not null };

    /// <summary>A fix in this document.</summary>
    internal CodeAction Edit(string title, Action<DocumentEditor> edit) => CodeAction.Create(
        title,
        async cancellationToken =>
        {
            var editor = await DocumentEditor.CreateAsync(document, cancellationToken).ConfigureAwait(false);
            edit(editor);
            return editor.GetChangedDocument();
        },
        diagnostic.Id);

    /// <summary>A fix in any document.</summary>
    internal CodeAction Change(string title, Func<CancellationToken, Task<Solution>> change) => CodeAction.Create(title, change, diagnostic.Id);
}
