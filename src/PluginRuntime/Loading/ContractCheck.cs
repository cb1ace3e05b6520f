using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using PluginRuntime.Sdk;

namespace PluginRuntime.Loading;

/// <summary>Compares the contract an assembly was built against with the host's, from its metadata, before anything loads.</summary>
internal static class ContractCheck
{
    private static readonly Version _sdk = typeof(IConnector).Assembly.GetName().Version!;

    /// <summary>The assemblies that host and connector share, with the host's versions.</summary>
    internal static IReadOnlyDictionary<string, Version> Shared { get; } = new Dictionary<string, Version>(StringComparer.OrdinalIgnoreCase)
    {
        ["PluginRuntime.Sdk"] = _sdk,
        ["Microsoft.Extensions.Logging.Abstractions"] = typeof(Microsoft.Extensions.Logging.ILogger).Assembly.GetName().Version!,
        ["Microsoft.Extensions.DependencyInjection.Abstractions"] =
            typeof(Microsoft.Extensions.DependencyInjection.IServiceCollection).Assembly.GetName().Version!,
    };

    /// <exception cref="LoadException">
    /// <c>contract.incompatible</c>: an assembly wants another contract; <c>load.bad-image</c>: one is no .NET assembly;
    /// <c>contract.missing</c>: the connector's own assembly does not refer to the Sdk.
    /// </exception>
    internal static void Verify(string directory, string mainAssembly, IEnumerable<string> managedFiles)
    {
        // The main assembly is loaded by its path, so it is looked at even where the list forgets it. A private copy of a shared assembly is
        // never loaded, so what it wants does not matter.
        foreach (var file in managedFiles.Where(file => !Shared.ContainsKey(Path.GetFileNameWithoutExtension(file))).Prepend(mainAssembly).Distinct())
        {
            var references = ReadReferences(directory, file);
            if (file == mainAssembly && !references.ContainsKey("PluginRuntime.Sdk"))
            {
                throw new LoadException("contract.missing", $"{file} does not refer to PluginRuntime.Sdk.");
            }

            foreach (var (name, version) in references)
            {
                if (Shared.TryGetValue(name, out var own) && !Fits(name, version, own))
                {
                    throw new LoadException(
                        "contract.incompatible",
                        $"{file} was built against {name} {version.ToString(2)}, the host has {own.ToString(2)}.");
                }
            }
        }
    }

    // The Sdk follows SemVer: same major, and no newer minor. The Microsoft.Extensions assemblies stay compatible across majors.
    private static bool Fits(string name, Version wanted, Version own) =>
        name.Equals("PluginRuntime.Sdk", StringComparison.OrdinalIgnoreCase)
            ? wanted.Major == own.Major && wanted.Minor <= own.Minor
            : wanted <= own;

    private static Dictionary<string, Version> ReadReferences(string directory, string file)
    {
        try
        {
            using var stream = File.OpenRead(Path.Combine(directory, file));
            using var image = new PEReader(stream);
            if (!image.HasMetadata)
            {
                throw new BadImageFormatException("it holds no .NET metadata");
            }

            var reader = image.GetMetadataReader();
            var references = new Dictionary<string, Version>(StringComparer.OrdinalIgnoreCase);
            foreach (var handle in reader.AssemblyReferences)
            {
                var reference = reader.GetAssemblyReference(handle);
                references[reader.GetString(reference.Name)] = reference.Version;
            }

            return references;
        }
        catch (Exception exception) when (exception is BadImageFormatException or IOException or InvalidOperationException or UnauthorizedAccessException)
        {
            throw new LoadException("load.bad-image", $"{file} cannot be read as an assembly: {exception.Message}");
        }
    }
}
