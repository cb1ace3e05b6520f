using NuGet.ProjectModel;

namespace PluginRuntime.Packages.Feeds;

/// <summary>A package and all that it needs, downloaded, checked and unpacked in the cache.</summary>
/// <param name="Root">The package that was asked for.</param>
/// <param name="Packages">All of them, the root too, by id.</param>
internal sealed record PackageClosure(UnpackedPackage Root, IReadOnlyList<UnpackedPackage> Packages);

/// <summary>One package of a closure.</summary>
/// <param name="Id">As its own nuspec spells it.</param>
/// <param name="Version">Normalised as NuGet does.</param>
/// <param name="Sha512">SHA-512 of its file, in Base64.</param>
/// <param name="Directory">Where it lies unpacked.</param>
/// <param name="Files">All of its files, with forward slashes.</param>
/// <param name="Assets">Which of them this platform uses.</param>
internal sealed record UnpackedPackage(
    string Id, string Version, string Sha512, string Directory, IReadOnlyList<string> Files, LockFileTargetLibrary Assets);
