using System.Text.RegularExpressions;

namespace PluginRuntime.Sdk.Testing.Tests;

/// <summary>docs/conformance.md has every code and every check that there is in the kit's source.</summary>
public sealed partial class CatalogueTests
{
    // …/tests/PluginRuntime.Sdk.Testing.Tests/bin/Debug/net10.0
    private static readonly string _root = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    [Fact]
    public void Catalogue_HasTheCodesOfTheSource()
    {
        var page = File.ReadAllText(Path.Combine(_root, "docs", "conformance.md"));
        var codes = Directory.EnumerateFiles(Path.Combine(_root, "sdk", "PluginRuntime.Sdk.Testing", "Checks"), "*.cs")
            .SelectMany(file => Code().Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value))
            .Append("process.ended").Append("process.hung").Distinct().ToList();

        Assert.True(codes.Count > 30);
        Assert.DoesNotContain(codes, code => !page.Contains($"`{code}`", StringComparison.Ordinal));
        Assert.DoesNotContain(ConformanceRun.Checks, check => !page.Contains($"| `{check.Id}` |", StringComparison.Ordinal));
    }

    // Those that begin with the name of a part of the host are its own, and in docs/errors.md.
    [GeneratedRegex("\"((?:connector|action|schema|code|version|start|output|call|example|failure|cancellation|concurrency|connection|health|unload|hook|thread|secret|idempotent|check)\\.(?!bug\")[a-z-]+)\"")]
    private static partial Regex Code();
}
