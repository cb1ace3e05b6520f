namespace PluginRuntime.Packages.Archives;

/// <summary>What is known of a package file once it passed.</summary>
/// <param name="Id">As the nuspec has it.</param>
/// <param name="Version">As the nuspec has it.</param>
/// <param name="Sha512">Of the whole file, in Base64: what NuGet calls the package's hash.</param>
/// <param name="UnpackedSize">Of all entries, in bytes.</param>
/// <param name="Names">Where its files land below the package's directory, with forward slashes; in the zip's order.</param>
/// <param name="PackageTypes">The names the nuspec gives, as written there; none for a plain library.</param>
internal sealed record ArchiveFacts(
    string Id, string Version, string Sha512, long UnpackedSize, IReadOnlyList<string> Names, IReadOnlyList<string> PackageTypes);
