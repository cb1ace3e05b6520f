using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace PluginRuntime.Sdk.Analyzers;

/// <summary>An analyzer of one rule, at work where a compilation refers to the Sdk. Generated code is left out.</summary>
/// <param name="rule">What it reports.</param>
public abstract class ConnectorAnalyzer(DiagnosticDescriptor rule) : DiagnosticAnalyzer
{
    /// <inheritdoc />
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } = [rule];

    /// <summary>What it reports.</summary>
    protected DiagnosticDescriptor Rule { get; } = rule;

    /// <inheritdoc />
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(start =>
        {
            if (SdkTypes.Of(start.Compilation) is { } types)
            {
                Register(start, types);
            }
        });
    }

    private protected abstract void Register(CompilationStartAnalysisContext context, SdkTypes types);
}
