using System.Text.RegularExpressions;
using System.Xml.Linq;
using PluginRuntime.Sdk;

namespace PluginRuntime.Tests;

/// <summary>The rules of the house that the compiler does not know.</summary>
public sealed partial class StructureTests
{
    private static readonly string _root = FindRoot(new(AppContext.BaseDirectory));

    private static readonly string[] _peers = ["Packages", "Loading", "Execution", "Health", "Credentials"];

    /// <summary>Which modules a module may use. The Sdk is open to all but the front.</summary>
    private static readonly Dictionary<string, string[]> _arrows = new()
    {
        ["Versioning"] = ["Diagnostics"],
        ["Diagnostics"] = ["Versioning"],
        ["Manifests"] = ["Versioning", "Diagnostics"],
        ["Packages"] = ["Versioning", "Manifests", "Diagnostics"],
        ["Loading"] = ["Versioning", "Manifests", "Diagnostics"],
        ["Egress"] = [],
        ["Credentials"] = ["Versioning", "Manifests", "Diagnostics", "Egress"],
        ["Execution"] = ["Versioning", "Manifests", "Diagnostics", "Egress", "Credentials"],
        ["Health"] = ["Versioning", "Manifests", "Diagnostics", "Execution"],
        ["Management"] = ["Versioning", "Manifests", "Diagnostics", "Egress", .. _peers],
    };

    /// <summary>The front: files in the library's root folder.</summary>
    private static readonly string[] _frontWithoutModules =
        ["PluginRuntimeException", "ValidationError", "CallOptions", "RegistrationOptions", "ConnectionLease", "PluginRuntimeOptions"];

    [Fact]
    public void Modules_UseOthers_OnlyAlongTheArrows()
    {
        var wrong = new List<string>();
        foreach (var file in Sources("src/PluginRuntime"))
        {
            var parts = file.Split('/')[2..];
            var module = parts.Length > 1 ? parts[0] : null;
            if (module is null && Array.IndexOf(_frontWithoutModules, Path.GetFileNameWithoutExtension(file)) < 0)
            {
                continue;
            }

            string[] allowed = module is null ? [] : _arrows.TryGetValue(module, out var arrows) ? [.. arrows, module, "Sdk"] : [];
            if (module is not null && allowed.Length == 0)
            {
                wrong.Add($"{file}: there is no module {module}");
            }

            wrong.AddRange(Used(file).Where(used => !allowed.Contains(used)).Select(used => $"{file} uses {used}"));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Sdk_UsesNothingOfOurs() =>
        Assert.Empty(Sources("sdk/PluginRuntime.Sdk").SelectMany(file => Used(file).Where(used => used != "Sdk").Select(used => $"{file} uses {used}")));

    [Fact]
    public void Projects_OfConnectors_ReferToTheSdkAlone()
    {
        var wrong = new List<string>();
        foreach (var project in Files("*.*proj").Concat(Files("Directory.Build.*")).Where(file => IsBelow(file, "plugins") || IsBelow(file, "tests/Fixtures")))
        {
            wrong.AddRange(XDocument.Load(Full(project)).Descendants("ProjectReference")
                .Where(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!) != "PluginRuntime.Sdk"
                    // Built before, and not part of it.
                    && ((string?)reference.Attribute("ReferenceOutputAssembly") != "false"))
                .Select(reference => $"{project} refers to {(string)reference.Attribute("Include")!}"));
        }

        Assert.Empty(wrong);
    }

    [Fact]
    public void Projects_OfLibraryAndSdk_ReferDownwards()
    {
        Assert.Equal(["PluginRuntime.Sdk"], References("src/PluginRuntime/PluginRuntime.csproj"));
        Assert.Empty(References("sdk/PluginRuntime.Sdk/PluginRuntime.Sdk.csproj"));
    }

    [Fact]
    public void Files_AreShort() =>
        Assert.DoesNotContain(Files("*.cs").Select(file => (File: file, Lines: File.ReadLines(Full(file)).Count())), file => file.Lines > 400);

    [Fact]
    public void Namespaces_AreFolders()
    {
        var wrong = new List<string>();
        // What a template gives is somebody else's.
        foreach (var file in Sources("src").Concat(Sources("sdk")).Where(file => !IsBelow(file, "sdk/PluginRuntime.Templates/content")))
        {
            var named = NamespacePattern().Match(File.ReadAllText(Full(file)));
            var expected = Path.GetFileName(file) == "ServiceCollectionExtensions.cs" ? "Microsoft.Extensions.DependencyInjection" : NamespaceOf(file);
            if (named.Success ? named.Groups[1].Value != expected : Path.GetFileName(file) is not ("Program.cs" or "AssemblyInfo.cs"))
            {
                wrong.Add($"{file}: namespace {named.Groups[1].Value}, expected {expected}");
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("src")]
    [InlineData("sdk")]
    [InlineData("plugins")]
    public void Sources_AreFinished(string folder) =>
        Assert.Empty(Sources(folder).SelectMany(file => File.ReadLines(Full(file))
            .Select((line, index) => (line, index))
            .Where(line => UnfinishedPattern().IsMatch(line.line))
            .Select(line => $"{file}:{line.index + 1}: {line.line.Trim()}")));

    [Fact]
    public void LogEvents_HaveNumbersOfTheirOwn()
    {
        var events = Files("*Log.cs").SelectMany(file => EventPattern().Matches(File.ReadAllText(Full(file))).Select(match => (Id: match.Groups[1].Value, file))).ToList();

        Assert.NotEmpty(events);
        Assert.Empty(events.GroupBy(logged => logged.Id).Where(same => same.Count() > 1).Select(same => $"{same.Key} in {string.Join(" and ", same.Select(one => one.file))}"));
    }

    [Theory]
    [InlineData("PluginRuntime", typeof(PluginRuntimeException))]
    [InlineData("PluginRuntime.Sdk", typeof(IConnector))]
    public void PublicApi_IsTheAcceptedOne(string assembly, Type member)
    {
        var path = Full($"tests/PluginRuntime.Tests/PublicApi/{assembly}.txt");
        var now = PublicApiText.Of(member.Assembly);
        if (Environment.GetEnvironmentVariable("UPDATE_PUBLIC_API") == "1")
        {
            File.WriteAllLines(path, now);
        }

        var accepted = File.Exists(path) ? File.ReadAllLines(path) : [];
        var difference = accepted.Except(now).Select(line => "- " + line).Concat(now.Except(accepted).Select(line => "+ " + line)).ToList();
        Assert.True(
            difference.Count == 0,
            $"The public API of {assembly} has changed. If that is meant, run this test with UPDATE_PUBLIC_API=1 and commit {path}.{Environment.NewLine}"
                + string.Join(Environment.NewLine, difference));
    }

    /// <summary>The modules that a file names, in usings or in full.</summary>
    private static IEnumerable<string> Used(string file) =>
        UsedPattern().Matches(string.Join('\n', File.ReadLines(Full(file)).Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal) && !line.StartsWith("namespace", StringComparison.Ordinal))))
            .Select(match => match.Groups[1].Value)
            .Distinct();

    private static string NamespaceOf(string file)
    {
        var parts = file.Split('/')[1..^1];
        if (parts[0] == "PluginRuntime" && parts.Length > 2 && parts[1] == "Management")
        {
            parts = parts[..2];
        }

        return string.Join('.', parts);
    }

    private static string[] References(string project) =>
        [.. XDocument.Load(Full(project)).Descendants("ProjectReference")
            .Where(reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
            .Select(reference => Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!))];

    private static IEnumerable<string> Sources(string folder) => Files("*.cs").Where(file => IsBelow(file, folder));

    private static bool IsBelow(string file, string folder) => file.StartsWith(folder + "/", StringComparison.Ordinal);

    private static List<string> Files(string pattern)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
        return [.. new[] { "src", "sdk", "plugins", "samples", "tests" }
            .Select(Full)
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, pattern, options))
            .Select(file => Path.GetRelativePath(_root, file).Replace('\\', '/'))
            .Where(file => !file.Contains("/bin/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
    }

    private static string Full(string file) => Path.Combine(_root, file);

    private static string FindRoot(DirectoryInfo directory) =>
        File.Exists(Path.Combine(directory.FullName, "PluginRuntime.sln")) ? directory.FullName : FindRoot(directory.Parent!);

    [GeneratedRegex(@"\bPluginRuntime\.(Versioning|Manifests|Diagnostics|Packages|Loading|Execution|Health|Credentials|Management|Sdk|Host|Cli)\b(?!"")")]
    private static partial Regex UsedPattern();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespacePattern();

    [GeneratedRegex(@"TODO|FIXME|HACK|NotImplementedException|async void \w+[(<]")]
    private static partial Regex UnfinishedPattern();

    [GeneratedRegex(@"LoggerMessage\((?:EventId\s*=\s*)?(\d+)")]
    private static partial Regex EventPattern();
}
