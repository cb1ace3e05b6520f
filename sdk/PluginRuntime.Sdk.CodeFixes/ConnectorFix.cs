using System.Collections.Immutable;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;

namespace PluginRuntime.Sdk.CodeFixes;

/// <summary>What the fixes of all rules have in common: one fix a report, none where it would break something.</summary>
/// <param name="rule">The rule that is mended.</param>
public abstract class ConnectorFix(string rule) : CodeFixProvider
{
    /// <inheritdoc />
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = [rule];

    /// <inheritdoc />
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc />
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        foreach (var diagnostic in context.Diagnostics)
        {
            if (root is not null && model is not null
                && await FixAsync(new(context.Document, root, model, diagnostic), context.CancellationToken).ConfigureAwait(false) is { } fix)
            {
                context.RegisterCodeFix(fix, diagnostic);
            }
        }
    }

    /// <summary>What mends one report; null where nothing mechanical does.</summary>
    private protected abstract Task<CodeAction?> FixAsync(Reported reported, CancellationToken cancellationToken);
}
