namespace PluginRuntime.Manifests;

/// <summary>What one platform needs of a package.</summary>
internal sealed class AssetList
{
    private AssetList(IReadOnlySet<string> files) => Files = files;

    public IReadOnlySet<string> Files { get; }

    public static AssetList Read(string directory, ManifestRuntime runtime, IReadOnlyList<string> files, string runtimeIdentifier)
    {
        _ = (directory, runtime);
        return new(files.Where(file => !file.StartsWith("runtimes/", StringComparison.Ordinal)
            || file.StartsWith($"runtimes/{runtimeIdentifier}/", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal));
    }
}
