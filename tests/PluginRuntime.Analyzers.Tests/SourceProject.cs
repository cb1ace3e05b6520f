using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using PluginRuntime.Sdk.Analyzers;
using PluginRuntime.Sdk.CodeFixes;

namespace PluginRuntime.Analyzers.Tests;

/// <summary>Sources as a project of a connector, against the framework of this process and the Sdk, in which all rules look and all fixes are applied.</summary>
internal sealed class SourceProject(Project project)
{
    private const string GlobalUsings =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly ImmutableArray<MetadataReference> _references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(file => !Path.GetFileName(file).StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal) && !file.Contains("xunit", StringComparison.Ordinal))
            .Select(file => MetadataReference.CreateFromFile(file)),
    ];

    private static readonly ImmutableArray<DiagnosticAnalyzer> _analyzers = [.. All<DiagnosticAnalyzer>(typeof(ConnectorAnalyzer))];

    private static readonly ImmutableArray<CodeFixProvider> _fixes = [.. All<CodeFixProvider>(typeof(ConnectorFix))];

    private static readonly Lazy<Project> _empty = new(() => Empty(_references));

    internal static IEnumerable<DiagnosticAnalyzer> Analyzers => _analyzers;

    internal static IEnumerable<CodeFixProvider> Fixes => _fixes;

    internal static SourceProject Of(params string[] sources) => Of(_empty.Value, sources);

    /// <summary>The same for a project that does not refer to the Sdk.</summary>
    internal static SourceProject WithoutSdk(params string[] sources) =>
        Of(Empty(_references.Where(each => Path.GetFileName(each.Display) != "PluginRuntime.Sdk.dll")), sources);

    /// <summary>What the compiler calls an error, of this state of the sources.</summary>
    internal async Task<IReadOnlyList<Diagnostic>> ErrorsAsync() =>
        [.. (await project.GetCompilationAsync())!.GetDiagnostics().Where(each => each.Severity == DiagnosticSeverity.Error)];

    /// <summary>What the rules report, in the order of the source.</summary>
    internal async Task<IReadOnlyList<Diagnostic>> ReportsAsync()
    {
        var failures = new List<string>();
        var options = new CompilationWithAnalyzersOptions(
            new AnalyzerOptions([]), (exception, _, _) => failures.Add(exception.ToString()), concurrentAnalysis: true, logAnalyzerExecutionTime: false);
        var reports = await (await project.GetCompilationAsync())!.WithAnalyzers(_analyzers, options).GetAnalyzerDiagnosticsAsync();
        Assert.Empty(failures);
        return [.. reports.OrderBy(each => each.Location.SourceSpan.Start)];
    }

    /// <summary>The title of the fix that is offered for a report; null when none is.</summary>
    internal async Task<string?> FixTitleAsync(Diagnostic report) => (await FixAsync(report))?.Title;

    /// <summary>The sources after the fix of a report.</summary>
    internal async Task<SourceProject> FixedAsync(Diagnostic report)
    {
        var fix = await FixAsync(report) ?? throw new InvalidOperationException($"There is no fix for {report}.");
        var changed = Assert.Single((await fix.GetOperationsAsync(CancellationToken.None)).OfType<ApplyChangesOperation>()).ChangedSolution;
        return new(changed.GetProject(project.Id)!);
    }

    /// <summary>The text of a source by its place.</summary>
    internal async Task<string> TextAsync(int index = 0) =>
        (await project.Documents.Single(each => each.Name == $"Source{index}.cs").GetTextAsync()).ToString();

    private async Task<CodeAction?> FixAsync(Diagnostic report)
    {
        CodeAction? fix = null;
        foreach (var provider in _fixes.Where(each => each.FixableDiagnosticIds.Contains(report.Id)))
        {
            await provider.RegisterCodeFixesAsync(new(project.GetDocument(report.Location.SourceTree)!, report, (action, _) => fix = action, CancellationToken.None));
        }

        return fix;
    }

    // Each test's project is a fork of one that has read the framework's metadata.
    private static SourceProject Of(Project empty, string[] sources)
    {
        var solution = empty.Solution;
        for (var index = 0; index < sources.Length; index++)
        {
            solution = solution.AddDocument(DocumentId.CreateNewId(empty.Id), $"Source{index}.cs", SourceText.From(sources[index]), filePath: $"Source{index}.cs");
        }

        return new(solution.GetProject(empty.Id)!);
    }

    private static Project Empty(IEnumerable<MetadataReference> references)
    {
        var project = new AdhocWorkspace().AddProject(ProjectInfo.Create(
            ProjectId.CreateNewId(),
            VersionStamp.Default,
            "Sample",
            "Sample",
            LanguageNames.CSharp,
            compilationOptions: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true),
            parseOptions: new CSharpParseOptions(LanguageVersion.Latest),
            metadataReferences: references,
            analyzerReferences: [JsonGenerator.Reference]));
        project = project.AddDocument("Usings.cs", SourceText.From(GlobalUsings), filePath: "Usings.cs").Project;
        Assert.NotNull(project.GetCompilationAsync().GetAwaiter().GetResult()!.GetTypeByMetadataName("System.Object"));
        return project;
    }

    private static IEnumerable<T> All<T>(Type from) =>
        from.Assembly.GetTypes().Where(each => from.IsAssignableFrom(each) && !each.IsAbstract).OrderBy(each => each.Name, StringComparer.Ordinal).Select(each => (T)Activator.CreateInstance(each)!);
}
