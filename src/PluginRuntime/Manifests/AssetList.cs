namespace PluginRuntime.Manifests;

/// <summary>
/// Which files of a package's directory a platform uses, and by what name. It comes from the assembly's <c>.deps.json</c>, or by
/// convention where there is none. It does not say which assemblies are shared with the host: those are just not there.
/// </summary>
internal sealed class AssetList
{
    private readonly string _runtimeIdentifier;

    private AssetList(AssetChoice choice, IReadOnlyList<string> files, string runtimeIdentifier)
    {
        _runtimeIdentifier = runtimeIdentifier;
        Managed = choice.Managed;
        Satellites = choice.Satellites;
        Native = choice.Native;
        Files = files
            .Where(file => !IsPlatformAsset(file))
            .Concat(choice.Managed.Values)
            .Concat(choice.Satellites.Values)
            .Concat(choice.Native.Values)
            .ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Relative paths by the simple name of the assembly, which does not mind case.</summary>
    internal IReadOnlyDictionary<string, string> Managed { get; }

    /// <summary>Relative paths of satellite assemblies.</summary>
    internal IReadOnlyDictionary<SatelliteName, string> Satellites { get; }

    /// <summary>Relative paths of native libraries by file name.</summary>
    internal IReadOnlyDictionary<string, string> Native { get; }

    /// <summary>The relative paths that have to be present: all but the assets of other platforms.</summary>
    internal IReadOnlySet<string> Files { get; }

    /// <summary>Works out the list.</summary>
    /// <param name="directory">Where the package lies.</param>
    /// <param name="runtime">Names the assembly whose <c>.deps.json</c> counts.</param>
    /// <param name="files">Every file below the directory, as relative paths with forward slashes.</param>
    /// <param name="runtimeIdentifier">A portable one, such as <c>linux-x64</c>.</param>
    /// <exception cref="PackageLayoutException">The <c>.deps.json</c> is malformed or names a file outside the directory.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    internal static AssetList Read(string directory, ManifestRuntime runtime, IReadOnlyList<string> files, string runtimeIdentifier)
    {
        var choice = new AssetChoice(files, RuntimeIdentifiers.Fallbacks(runtimeIdentifier), RuntimeIdentifiers.IsWindows(runtimeIdentifier));
        var dependencies = Path.ChangeExtension(runtime.Assembly, ".deps.json");
        if (files.Contains(dependencies))
        {
            DependencyFile.Read(Path.Combine(directory, dependencies), dependencies, choice);
        }
        else
        {
            AssetConvention.Read(directory, files, choice);
        }

        return new AssetList(choice, files, runtimeIdentifier);
    }

    /// <summary>The relative path of a native library by the name that code asks for, with or without prefix and extension; or null.</summary>
    internal string? FindNative(string name)
    {
        var extension = RuntimeIdentifiers.NativeExtension(_runtimeIdentifier);
        foreach (var candidate in (ReadOnlySpan<string>)[name, $"lib{name}{extension}", $"{name}{extension}", $"lib{name}"])
        {
            if (Native.TryGetValue(candidate, out var path))
            {
                return path;
            }
        }

        return null;
    }

    private static bool IsPlatformAsset(string file) => file.StartsWith("runtimes/", StringComparison.Ordinal);
}
