using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace PluginRuntime.Analyzers.Tests;

/// <summary>The framework's generator of JSON contexts, for projects under test.</summary>
internal static class JsonGenerator
{
    internal static AnalyzerReference Reference { get; } =
        new AnalyzerFileReference(Path.Combine(AppContext.BaseDirectory, "generator", "System.Text.Json.SourceGeneration.dll"), new Loader());

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => Assembly.LoadFrom(fullPath);
    }
}
