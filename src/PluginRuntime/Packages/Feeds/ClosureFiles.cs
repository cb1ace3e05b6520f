using System.Reflection;
using PluginRuntime.Manifests;

namespace PluginRuntime.Packages.Feeds;

/// <summary>Which files of a closure make the connector, and where each is put: assemblies in the root, satellites by culture, natives where they lay.</summary>
internal static class ClosureFiles
{
    private const string Placeholder = "_._";

    /// <summary>Works them out.</summary>
    /// <param name="closure">What was resolved.</param>
    /// <param name="own">What the connector's build step listed: of its own lib folder that is taken too which is no assembly.</param>
    /// <param name="runtimeIdentifier">The platform.</param>
    /// <returns>The files' absolute paths by the path that they get, with forward slashes.</returns>
    /// <exception cref="PackageRefusedException"><c>package.contract</c>, <c>package.framework</c>, <c>package.native-missing</c>.</exception>
    public static SortedDictionary<string, string> Of(PackageClosure closure, ConnectorManifest own, string runtimeIdentifier)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var package in closure.Packages)
        {
            Check(closure.Root, package, runtimeIdentifier);
            foreach (var asset in package.Assets.RuntimeAssemblies.Where(asset => Path.GetFileName(asset.Path) != Placeholder))
            {
                Keep(files, Path.GetFileName(asset.Path), Path.Join(package.Directory, asset.Path));
            }

            foreach (var asset in package.Assets.ResourceAssemblies.Where(asset => Path.GetFileName(asset.Path) != Placeholder))
            {
                files.TryAdd($"{asset.Properties["locale"]}/{Path.GetFileName(asset.Path)}", Path.Join(package.Directory, asset.Path));
            }

            foreach (var asset in package.Assets.NativeLibraries.Where(asset => Path.GetFileName(asset.Path) != Placeholder))
            {
                files.TryAdd(asset.Path, Path.Join(package.Directory, asset.Path));
            }
        }

        AddOwn(files, closure.Root, own);
        return files;
    }

    private static void AddOwn(SortedDictionary<string, string> files, UnpackedPackage root, ConnectorManifest own)
    {
        if (root.Assets.RuntimeAssemblies.FirstOrDefault(asset => Path.GetFileName(asset.Path) == own.Runtime!.Assembly) is not { } assembly)
        {
            return;
        }

        var folder = assembly.Path[..^own.Runtime!.Assembly.Length];
        var present = root.Files.ToHashSet(StringComparer.Ordinal);
        foreach (var file in own.Files.Where(file => present.Contains(folder + file.Path)))
        {
            files.TryAdd(file.Path, Path.Join(root.Directory, folder + file.Path));
        }
    }

    private static void Check(UnpackedPackage root, UnpackedPackage package, string runtimeIdentifier)
    {
        var name = $"{root.Id} {root.Version}";
        if (PrunedPackages.Contract.FirstOrDefault(id => id.Equals(package.Id, StringComparison.OrdinalIgnoreCase)) is { } contract)
        {
            throw new PackageRefusedException(name, PackageCodes.Contract,
                $"it needs {contract} {package.Version}, and this host has {PrunedPackages.All[contract].VersionRange.MaxVersion}: take a version built for this host.");
        }

        if (package.Assets.FrameworkReferences.FirstOrDefault(reference => !IsPresent(reference)) is { } missing)
        {
            throw new PackageRefusedException(name, PackageCodes.Framework, $"{package.Id} {package.Version} needs the framework {missing}, which this program does not run on.");
        }

        if (package.Assets.NativeLibraries.Count == 0 && HasNativesFor(package, FamilyOf(runtimeIdentifier)))
        {
            throw new PackageRefusedException(name, PackageCodes.NativeMissing, $"{package.Id} {package.Version} has native libraries, and none for {runtimeIdentifier}.");
        }
    }

    // Of a package with natives for another system only, this one has no need: many are made so.
    private static bool HasNativesFor(UnpackedPackage package, string family) => package.Files
        .Select(file => file.Split('/'))
        .Any(path => path is ["runtimes", var runtime, "native", ..] && FamilyOf(runtime) == family);

    private static string FamilyOf(string runtimeIdentifier) => runtimeIdentifier.Split('-')[0];

    private static bool IsPresent(string framework) => framework switch
    {
        "Microsoft.NETCore.App" => true,
        "Microsoft.AspNetCore.App" => IsTrusted("Microsoft.AspNetCore.dll"),
        "Microsoft.WindowsDesktop.App" => IsTrusted("PresentationFramework.dll"),
        _ => false,
    };

    private static bool IsTrusted(string file) =>
        (AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") as string)?.Split(Path.PathSeparator).Any(path => Path.GetFileName(path) == file) == true;

    // Two packages with one assembly: the higher version, as a build would choose.
    private static void Keep(SortedDictionary<string, string> files, string path, string file)
    {
        if (!files.TryGetValue(path, out var other) || VersionOf(file) > VersionOf(other))
        {
            files[path] = file;
        }
    }

    private static Version VersionOf(string file)
    {
        try
        {
            return AssemblyName.GetAssemblyName(file).Version ?? new();
        }
        catch (BadImageFormatException)
        {
            return new();
        }
    }
}
