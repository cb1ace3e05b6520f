namespace PluginRuntime.Packages;

/// <summary>Where an installed package came from, and what came with it.</summary>
/// <param name="Source">The source's name.</param>
/// <param name="Sha512">SHA-512 of the package file, in Base64: what NuGet calls its content hash.</param>
/// <param name="Closure">The packages that it needs, by id; not itself.</param>
internal sealed record PackageProvenance(string Source, string Sha512, IReadOnlyList<ClosurePackage> Closure)
{
    /// <summary>What it says of its tests; null when it says nothing.</summary>
    public ConformanceClaim? Conformance { get; init; }
}

/// <summary>One package of a closure.</summary>
/// <param name="Id">As its own nuspec spells it.</param>
/// <param name="Version">Normalised as NuGet does.</param>
/// <param name="Sha512">SHA-512 of its file, in Base64.</param>
internal sealed record ClosurePackage(string Id, string Version, string Sha512);
