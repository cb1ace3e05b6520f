namespace PluginRuntime.Packages;

/// <summary>A package file that lies in a folder, and passed every check.</summary>
/// <param name="Path">The file.</param>
/// <param name="Id">The package's id, in lower case.</param>
/// <param name="Version">Its version, as in the nuspec.</param>
/// <param name="Sha512">Of the file, in Base64.</param>
internal sealed record ScannedArchive(string Path, string Id, string Version, string Sha512);
