using System.Text;
using System.Text.Json;
using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Manifests;

/// <summary>Shorthand for schemas and values written as text.</summary>
internal static class Schemas
{
    internal static JsonSchema Compile(string schema)
    {
        var result = TryCompile(schema);
        Assert.True(result.Schema is not null, string.Join("; ", Lines(result.Errors)));
        return result.Schema!;
    }

    internal static JsonSchemaResult TryCompile(string schema)
    {
        using var document = JsonDocument.Parse(schema);
        return JsonSchema.Compile(document.RootElement);
    }

    internal static string[] CompileErrors(string schema)
    {
        var result = TryCompile(schema);
        Assert.Equal(result.Errors.Count == 0, result.Schema is not null);
        return Lines(result.Errors);
    }

    /// <summary>Errors as <c>pointer code</c>, the same by both ways in.</summary>
    internal static string[] Errors(string schema, string instance)
    {
        var compiled = Compile(schema);
        var utf8 = Encoding.UTF8.GetBytes(instance);
        var lines = Lines(compiled.Validate(utf8));
        using var document = JsonDocument.Parse(instance);
        Assert.Equal(lines, Lines(compiled.Validate(document.RootElement)));
        Assert.True(lines.Length == 0 || !compiled.AcceptsAtOnce(utf8), "The quick check accepts what the full one does not.");
        return lines;
    }

    internal static string[] Lines(IEnumerable<ValidationError> errors) => [.. errors.Select(error => $"{error.Pointer} {error.Code}")];
}
