using System.Collections.Immutable;
using NuGet.LibraryModel;
using PluginRuntime.Sdk;

namespace PluginRuntime.Packages.Feeds;

/// <summary>The packages that are not downloaded because their assemblies are the host's: the framework's, and the contract's.</summary>
internal static class PrunedPackages
{
    /// <summary>The ids of the contract: what a connector shares with the host.</summary>
    public static IReadOnlyList<string> Contract { get; } =
        ["PluginRuntime.Sdk", "Microsoft.Extensions.Logging.Abstractions", "Microsoft.Extensions.DependencyInjection.Abstractions"];

    /// <summary>Each with the highest version that the host can stand in for.</summary>
    public static ImmutableDictionary<string, PrunePackageReference> All { get; } = Read();

    private static ImmutableDictionary<string, PrunePackageReference> Read()
    {
        var all = ImmutableDictionary.CreateBuilder<string, PrunePackageReference>(StringComparer.OrdinalIgnoreCase);
        using var stream = typeof(PrunedPackages).Assembly.GetManifestResourceStream("PackageOverrides.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.Split('|') is [var id, var version])
            {
                all[id] = PrunePackageReference.Create(id, version);
            }
        }

        // Its patches change no contract: any of the host's minor version will do.
        var sdk = typeof(IConnector).Assembly.GetName().Version!;
        all[Contract[0]] = PrunePackageReference.Create(Contract[0], $"{sdk.Major}.{sdk.Minor}.999999");
        foreach (var id in Contract.Skip(1))
        {
            var host = System.Reflection.Assembly.Load(id).GetName().Version!;
            all[id] = PrunePackageReference.Create(id, $"{host.Major}.{host.Minor}.999999");
        }

        return all.ToImmutable();
    }
}
