using PluginRuntime.Sdk.Testing.Code;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>
/// Whether the connector uses what keeps its code in memory for ever, by its IL: what .NET caches for the life of the process and nobody can
/// empty. Sources: measured on .NET 10; docs/unloading.md has the list.
/// </summary>
internal sealed class CodeCheck : Check
{
    private static readonly Dictionary<string, (string Code, string What)> _forbidden = new(StringComparer.Ordinal)
    {
        ["Microsoft.CSharp.RuntimeBinder.Binder"] = ("code.dynamic", "'dynamic'"),
        ["System.Reflection.DispatchProxy"] = ("code.dispatch-proxy", "DispatchProxy"),
        ["System.Xml.Serialization.XmlSerializer"] = ("code.xml-serializer", "XmlSerializer"),
        ["System.Runtime.Serialization.DataContractSerializer"] = ("code.data-contract-serializer", "DataContractSerializer"),
        ["System.Runtime.Serialization.Json.DataContractJsonSerializer"] = ("code.data-contract-serializer", "DataContractJsonSerializer"),
    };

    internal override string Id => "code";

    internal override string Title => "nothing is used that can never be unloaded";

    internal override Need Need => Need.Package;

    internal override Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var (own, others) = (bench.Manifest!.Runtime!.Assembly, new List<string>());
        var findings = new List<ConformanceFinding>();
        foreach (var file in Directory.EnumerateFiles(bench.Files!, "*.dll").Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            var used = Forbidden(file);
            if (name == own)
            {
                findings.AddRange(used);
            }
            else if (used.Count > 0)
            {
                others.Add($"{name} ({string.Join(", ", used.Select(found => found.Code).Distinct())})");
            }
        }

        // A library may hold such code and never run it for this connector; whether it did, unloading shows.
        return Task.FromResult(new Verdict(findings, others.Count > 0 ? $"libraries that could: {string.Join(", ", others)}" : null));
    }

    private static IReadOnlyList<ConformanceFinding> Forbidden(string file)
    {
        try
        {
            return
            [
                .. from use in MethodCalls.Of(file)
                   where _forbidden.ContainsKey(use.Type)
                   let kind = _forbidden[use.Type]
                   select new ConformanceFinding(kind.Code, use.Method, $"{kind.What} keeps the types that it is used with in memory for the life of the process."),
            ];
        }
        catch (BadImageFormatException)
        {
            // A native library.
            return [];
        }
    }
}
