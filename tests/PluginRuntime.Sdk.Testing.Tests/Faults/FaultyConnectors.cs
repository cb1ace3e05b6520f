using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using PluginRuntime.Sdk.Export;

namespace PluginRuntime.Sdk.Testing.Tests.Faults;

/// <summary>Builds Faulty.cs, the good connector or one with a fault, and exports its manifest as the Sdk's build step does.</summary>
internal static class FaultyConnectors
{
    private const string Assembly = "Faulty.dll";
    private static readonly string[] _usings = ["System", "System.Collections.Generic", "System.Linq", "System.Threading", "System.Threading.Tasks"];

    private static readonly string _targetingPack = typeof(FaultyConnectors).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "TargetingPack").Value!;

    private static readonly Lazy<IReadOnlyList<MetadataReference>> _references = new(() =>
    [
        .. Directory.EnumerateFiles(Path.Combine(_targetingPack, "ref", "net10.0"), "*.dll")
            .Concat([typeof(IConnector).Assembly.Location, typeof(Microsoft.Extensions.Logging.ILogger).Assembly.Location])
            .Select(path => MetadataReference.CreateFromFile(path)),
    ]);

    private static readonly Lazy<ISourceGenerator[]> _generators = new(() =>
    [
        .. System.Reflection.Assembly.LoadFrom(Path.Combine(_targetingPack, "analyzers", "dotnet", "cs", "System.Text.Json.SourceGeneration.dll")).GetTypes()
            .Where(type => type.IsDefined(typeof(GeneratorAttribute)))
            .Select(type => ((IIncrementalGenerator)Activator.CreateInstance(type)!).AsSourceGenerator()),
    ]);

    /// <param name="directory">Where it is put; made.</param>
    /// <param name="symbol">The fault; null for none.</param>
    /// <param name="version">Its version.</param>
    internal static void Build(string directory, string? symbol, string version)
    {
        Directory.CreateDirectory(directory);
        Compile(Path.Combine(directory, Assembly), symbol);
        AppContext.SetData("exporting", true);
        try
        {
            var request = new ExportRequest(directory, Assembly, version, "net10.0", []);
            File.WriteAllBytes(ManifestOf(directory), ManifestExport.Create(request));
        }
        finally
        {
            AppContext.SetData("exporting", null);
        }
    }

    /// <summary>Changes a manifest after the build.</summary>
    internal static void Edit(string directory, Action<JsonObject> change)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(ManifestOf(directory)))!.AsObject();
        change(manifest);
        File.WriteAllText(ManifestOf(directory), manifest.ToJsonString());
    }

    internal static string ManifestOf(string directory) => Path.Combine(directory, "connector.json");

    private static void Compile(string path, string? symbol)
    {
        using var source = typeof(FaultyConnectors).Assembly.GetManifestResourceStream("Faulty.cs")!;
        using var reader = new StreamReader(source);
        var options = new CSharpParseOptions(LanguageVersion.Latest, preprocessorSymbols: symbol is null ? [] : [symbol]);
        var compilation = CSharpCompilation.Create(
            Path.GetFileNameWithoutExtension(Assembly),
            [
                CSharpSyntaxTree.ParseText(reader.ReadToEnd(), options),
                CSharpSyntaxTree.ParseText(
                    string.Concat(_usings.Select(name => $"global using {name};"))
                    + "[assembly: System.Runtime.Versioning.TargetFramework(\".NETCoreApp,Version=v10.0\")]",
                    options),
            ],
            _references.Value,
            new(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release, nullableContextOptions: NullableContextOptions.Enable));
        CSharpGeneratorDriver.Create(_generators.Value, parseOptions: options).RunGeneratorsAndUpdateCompilation(compilation, out var generated, out _);
        var emitted = generated.Emit(path);
        Assert.True(emitted.Success, string.Join('\n', emitted.Diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error)));
    }
}
